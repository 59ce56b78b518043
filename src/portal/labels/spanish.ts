/** Español, en el tono de src/words: formal y llano. */
import { spanish as words } from "../../words/spanish.ts";
import type { Format } from "../format.ts";
import type { Trouble } from "../parts/troubles.ts";
import type { Labels } from "./labels.ts";

export const spanish: Labels = {
  languageName: "Español",
  skip: "Ir al estado actual",
  demo: {
    badge: "cadena de prueba",
    hint: "Esta cadena corre en esta máquina, para hacer ensayos. Para ver cómo es una falla, ejecute",
  },
  theme: { name: "Colores", system: "auto", dark: "oscuros", light: "claros" },
  link: { opening: "conectando", live: "en vivo", lost: "sin señal" },
  lost: {
    lastAlive: (at, ago) => `Lo que sigue es como estaban las cosas a las ${at}, ${ago}.`,
    neverAlive: "Atalaya no responde.",
    tryingAgain: "Seguimos intentando; la página continúa por sí sola.",
  },
  headline: {
    opening: "Conectando con Atalaya…",
    lost: "Esta página no está en vivo",
    ok: "Todo está bien",
    warning: "Conviene mirar",
    critical: "Algo anda mal",
    unknown: "No se puede saber",
  },
  quiet: {
    seen: (watched) => `Se ven los ${watched} nodos que se observan.`,
    pairs: "Cada par tiene una reserva al día.",
    blocks: "No falta ningún bloque nuestro en las rondas de abajo.",
  },
  trouble,
  level: { ok: "bien", warning: "aviso", critical: "grave", unknown: "se desconoce" },
  chain: {
    heading: (name) => `Cadena ${name}`,
    id: "Id. de la cadena",
    copy: "Copiar",
    copied: "Copiado",
    consensus: "Consenso",
    head: "Cabeza",
    lib: "Irreversible (LIB)",
    noHead: "aún no se ha visto ningún bloque",
    notKnown: "no se sabe",
    justNow: "ahora mismo",
    by: (producer) => `de ${producer}`,
    behindHead: (blocks) => (blocks === 1 ? "1 bloque detrás de la cabeza" : `${blocks} bloques detrás de la cabeza`),
    onDuty: "De turno",
    afterwards: (producer, span) => `luego ${producer}, en ${span}`,
    nextTurn: "Próximo turno",
    of: (account) => `de ${account}`,
    now: "ahora",
    inSpan: (span) => `en ${span}`,
    notScheduled: "fuera del calendario",
    seenOf: (visible, watched) => `${visible} de ${watched} nodos a la vista`,
    tooFew: "muy pocos para juzgar los bloques",
    schedule: (version) => `Calendario ${version}`,
  },
  ours: "nuestro",
  rounds: {
    heading: "Rondas",
    explanation: "Una ronda son doce bloques de un productor, seis segundos en total. La más reciente va primero.",
    none: "Aún no se ha observado ninguna ronda.",
    columns: { begins: "inicio", producer: "productor", result: "bloques" },
    gap: (span) => `${span} sin observar`,
    more: (count) => `Mostrar las ${count} rondas`,
    fewer: "Mostrar menos rondas",
    underWay: "ahora",
    produced: (count) => `${count} de 12`,
    counts: {
      late: (count) => (count === 1 ? "1 tardío" : `${count} tardíos`),
      missed: (count) => (count === 1 ? "1 perdido" : `${count} perdidos`),
      orphaned: (count) => (count === 1 ? "1 huérfano" : `${count} huérfanos`),
      unknown: (count) => `${count} sin observar`,
    },
    slot: (position) => `posición ${position} de 12`,
    block: (num) => `bloque ${num}`,
    early: (ms) => `${ms} antes de su hora`,
    late: (ms) => `${ms} después de su hora`,
    certainty: { provisional: "provisional", canonical: "canónico", final: "definitivo" },
    certaintyMeans: {
      provisional: "Provisional: aún no hay nada construido encima.",
      canonical: "Canónico: la cadena ya siguió, pero una bifurcación todavía puede cambiarlo.",
      final: "Definitivo: un bloque posterior es irreversible, así que esto ya no cambiará.",
    },
  },
  legend: {
    heading: "Qué significan las marcas",
    state: {
      produced: "producido",
      late: "tardío: visto más de 120 ms después de su hora",
      missed: "perdido: la cadena siguió sin él",
      orphaned: "huérfano: firmado, y luego descartado por una bifurcación",
      unknown: "sin observar: se veían muy pocos nodos",
      due: "pendiente: no ha llegado su hora, o viene en camino",
    },
    certainty: {
      provisional: "provisional: aún no hay nada construido encima",
      canonical: "canónico: una bifurcación todavía puede cambiarlo",
      final: "definitivo: ya no cambiará",
    },
  },
  pairs: {
    heading: "Pares de respaldo",
    explanation: "Dos nodos que pueden producir para una misma cuenta: uno produce, el otro está de reserva.",
    primary: "primario",
    secondary: "secundario",
    account: "cuenta",
  },
  production: { producing: "produce", paused: "en pausa", notKnown: "no se sabe" },
  fleet: {
    heading: "Flota",
    explanation: "Los sitios, en el orden de su despliegue.",
    others: "Nodos de otros",
    noNode: "aún sin nodos",
    node: "Nodo",
    chain: "Cadena",
    production: "Producción",
    head: "Cabeza",
    behind: "Atraso",
    lib: "LIB",
    clock: "Reloj",
    version: "Versión",
    seen: "visible",
    notYetSeen: "aún no se ve",
    notWatched: "sin observar",
    since: (span) => `desde hace ${span}`,
    lastKnown: "último dato conocido",
  },
  happenings: {
    heading: "Qué pasó",
    none: "Nada digno de contar hasta ahora.",
    more: (count) => `Mostrar los ${count}`,
    fewer: "Mostrar menos",
  },
  foot: {
    heading: "Para desarrolladores",
    api: "Todo lo que muestra esta página se puede leer como JSON, sin clave:",
    endpoints: {
      state: "todo, como está ahora",
      events: "lo mismo, en vivo, como eventos enviados por el servidor (SSE)",
      rounds: "rondas del pasado",
      producers: "cómo le fue a cada productor",
    },
  },
  zone: (timeZone) => `Las horas son las de ${timeZone}.`,
};

function trouble(trouble: Trouble, format: Format): string {
  switch (trouble.kind) {
    case "blind":
      return `Cadena ${trouble.chain}: se ven ${trouble.visible} de ${trouble.watched} nodos, muy pocos para juzgar sus bloques`;
    case "still":
      return `Cadena ${trouble.chain}: ningún bloque nuevo desde las ${format.time(trouble.since)}`;
    case "pair":
      return `Par ${trouble.pair.name}: ${words.pair(trouble.pair)}`;
    case "unseen":
      return unseen(trouble);
    case "behind":
      return `El nodo ${trouble.node} está más de una ronda detrás de la cabeza`;
    case "missed":
      return `Faltan bloques de ${trouble.producer} en las rondas de abajo`;
    case "unrecorded":
      return "El registro del pasado no se está escribiendo; lo que se ve en vivo es correcto de todos modos";
  }
}

function unseen({ node, ways, entirely }: Extract<Trouble, { kind: "unseen" }>): string {
  if (!entirely) return `No se ve el nodo ${node} por ${ways.map((way) => WAYS[way]).join(" ni por ")}`;
  return ways.length === 1 ? `No se ve el nodo ${node}` : `No se ve el nodo ${node}, ni por HTTP ni por p2p`;
}

const WAYS = { http: "HTTP", p2p: "p2p" } as const;
