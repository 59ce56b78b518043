/** Español, as Costa Rica's operators and token holders write it: formal, without anglicisms where a word exists. */
import type { HappeningView } from "../api/views.ts";
import { count, name, type Words } from "./words.ts";

export const spanish: Words = {
  language: "es",
  happening,
  pair({ account, primary, secondary, active, reason }) {
    const standby = active === primary ? secondary : primary;
    switch (reason) {
      case "in-sync":
        return `${active} produce, ${standby} está de reserva y al día`;
      case "standby-unreachable":
        return `${active} produce; la reserva ${standby} no responde`;
      case "standby-behind":
        return `${active} produce; la reserva ${standby} está atrasada`;
      case "both-unpaused":
        return `${primary} y ${secondary} están activos a la vez: pause uno de los dos ahora`;
      case "both-paused":
        return `${primary} y ${secondary} están en pausa: nadie produce para ${account}`;
      case "cannot-tell":
        return `no se puede saber cuál de ${primary} y ${secondary} produce`;
    }
  },
  slotState: {
    due: "pendiente",
    produced: "producido",
    late: "tardío",
    missed: "perdido",
    orphaned: "huérfano",
    unknown: "sin observar",
  },
  sightProblem: {
    unreachable: "nadie responde ahí",
    timeout: "no responde a tiempo",
    "half-answer": "corta la respuesta a la mitad",
    garbage: "responde lo que nodeos no respondería",
    "wrong-chain": "está en otra cadena",
    refused: "nos rechaza",
    other: "falla de otra manera",
  },
  siteStatus: { planned: "planeado", building: "en construcción", live: "en servicio" },
  nodeStatus: { planned: "planeado", live: "en servicio" },
  consensus: { savanna: "Savanna", legacy: "clásico", unknown: "aún desconocido" },
  role: (role) => ROLES[role] ?? role,
};

const ROLES: Readonly<Record<string, string>> = {
  producer: "productor",
  relay: "repetidor",
  seed: "semilla",
  api: "API",
  query: "consultas",
  testnet: "red de prueba",
  storage: "almacenamiento",
  peer: "vecino",
};

function happening(entry: HappeningView): string {
  switch (entry.kind) {
    case "round":
      return round(entry);
    case "fork":
      return `la cadena cambió de bifurcación: ${blocks(count(entry, "left"))} atrás, el bloque ${count(entry, "toNum")} es la cabeza`;
    case "schedule":
      return `rige el calendario ${count(entry, "version")}`;
    case "node-down":
      return `no se ve a ${name(entry, "node")}${over(name(entry, "ways"))}`;
    case "node-up":
      return `se ve de nuevo a ${name(entry, "node")}, tras ${seconds(count(entry, "seconds"))}`;
    case "pair":
      return pairChange(entry);
  }
}

/** Las vías por las que no se ve un nodo: `http+p2p` o una de ellas. */
function over(ways: string): string {
  const [first = "", second] = ways.split("+").map((way) => (way === "http" ? "HTTP" : way));
  return second === undefined ? ` por ${first}` : `, ni por ${first} ni por ${second}`;
}

function round(entry: HappeningView): string {
  const some = (fact: string, one: string, more: string): string[] => {
    const number = count(entry, fact);
    return number === 0 ? [] : [`${number} ${number === 1 ? one : more}`];
  };
  const parts = [
    ...some("missed", "perdido", "perdidos"),
    ...some("orphaned", "huérfano", "huérfanos"),
    ...some("late", "tardío", "tardíos"),
  ];
  const producer = name(entry, "producer");
  return parts.length === 0
    ? `${producer} produjo su ronda completa después de todo`
    : `${producer}: ${parts.join(", ")} de 12 bloques`;
}

function pairChange(entry: HappeningView): string {
  const active = name(entry, "active");
  const pair = name(entry, "pair");
  switch (name(entry, "reason")) {
    case "in-sync":
      return `par ${pair}: ${active} produce, la reserva está al día`;
    case "standby-unreachable":
      return `par ${pair}: ${active} produce, la reserva no responde`;
    case "standby-behind":
      return `par ${pair}: ${active} produce, la reserva está atrasada`;
    case "both-unpaused":
      return `par ${pair}: los dos nodos están activos a la vez`;
    case "both-paused":
      return `par ${pair}: los dos nodos están en pausa, nadie produce`;
    default:
      return `par ${pair}: no se puede saber cuál nodo produce`;
  }
}

function blocks(number: number): string {
  return number === 1 ? "1 bloque quedó" : `${number} bloques quedaron`;
}

function seconds(number: number): string {
  if (number < 120) return number === 1 ? "1 segundo" : `${number} segundos`;
  const minutes = Math.round(number / 60);
  return minutes < 120 ? `${minutes} minutos` : `${Math.round(minutes / 60)} horas`;
}
