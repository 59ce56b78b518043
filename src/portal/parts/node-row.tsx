/** One node that is there: what it is for, whether it can be seen, where it is on the chain, what its clock says. */
import type { ComponentChildren } from "preact";
import type { NodeView } from "../../api/views.ts";
import { useLanguage } from "../settings/language-context.ts";
import { Production } from "./production.tsx";
import { Sight } from "./sight.tsx";

/** Further behind than a message on its way explains. */
const BEHIND_BLOCKS = 2;
/** A clock this far off makes blocks early or late. */
const CLOCK_OFF_MS = 100;

interface NodeRowFacts {
  node: NodeView;
  /** Whether it may produce is asked. */
  isPaired: boolean;
  namesChain: boolean;
  /** The server's time. */
  now: number;
}

export function NodeRow({ node, isPaired, namesChain, now }: NodeRowFacts) {
  const { labels, words } = useLanguage();
  return (
    <tr data-node={node.name} data-seen={seenOf(node)}>
      <th scope="row">
        {node.name}
        {node.role !== "peer" && <span class="aside">{words.role(node.role)}</span>}
        {namesChain && node.chain !== undefined && <span class="aside">{`${labels.fleet.chain} ${node.chain}`}</span>}
      </th>
      <Value name={labels.fleet.production}>{isPaired && <Production node={node} />}</Value>
      <Value name="HTTP">
        <Sight sight={node.http} latencyMs={node.latencyMs} now={now} />
      </Value>
      <Value name="p2p">
        <Sight sight={node.p2p} now={now} />
      </Value>
      <Position node={node} />
    </tr>
  );
}

/** `up`: in every way that was tried; `partly`; `down`. */
function seenOf({ http, p2p }: NodeView): "up" | "partly" | "down" | "unknown" {
  const states = [http.state, p2p.state].filter((state) => state === "up" || state === "down");
  if (states.length === 0) return "unknown";
  if (states.every((state) => state === "up")) return "up";
  return states.includes("up") ? "partly" : "down";
}

function Position({ node }: { node: NodeView }) {
  const { labels, format } = useLanguage();
  const { headNum, behind, libNum, clockOffsetMs, version } = node;
  const isOld = node.http.state !== "up" && node.p2p.state !== "up";
  const { head, lib, clock } = labels.fleet;
  return (
    <>
      <Value name={head} isOld={isOld}>
        {headNum !== undefined && format.number(headNum)}
      </Value>
      <Value name={labels.fleet.behind} isOff={(behind ?? 0) > BEHIND_BLOCKS}>
        {behind !== undefined && format.number(behind)}
      </Value>
      <Value name={lib} isOld={isOld}>
        {libNum !== undefined && format.number(libNum)}
      </Value>
      <Value name={clock} isOld={isOld} isOff={Math.abs(clockOffsetMs ?? 0) >= CLOCK_OFF_MS}>
        {clockOffsetMs !== undefined && format.signedMs(clockOffsetMs)}
      </Value>
      <Value name={labels.fleet.version} isOld={isOld}>
        {version}
      </Value>
    </>
  );
}

interface ValueFacts {
  /** Of its column, said again where a row is too narrow to be one. */
  name: string;
  /** The last that was known of a node that cannot be seen any more. */
  isOld?: boolean;
  /** Not as it should be. */
  isOff?: boolean;
  children?: ComponentChildren;
}

function Value({ name, isOld = false, isOff = false, children }: ValueFacts) {
  const { labels } = useLanguage();
  const isKnown = children !== undefined && children !== false;
  return (
    <td data-name={name} data-old={isOld} data-off={isOff} data-known={isKnown}>
      {children}
      {isOld && isKnown && <span class="only-heard">{` (${labels.fleet.lastKnown})`}</span>}
    </td>
  );
}
