/** The fleet: its nodes by site, in the order in which the sites are rolled out, and apart from them the nodes of others. */
import type { NodeView, PairView, SiteView, StateView } from "../../api/views.ts";
import { useLanguage } from "../settings/language-context.ts";
import { NodeRow } from "./node-row.tsx";

export function Fleet({ state, now }: { state: StateView; now: number }) {
  const { labels } = useLanguage();
  const sites = state.sites.toSorted((a, b) => a.rollout - b.rollout);
  const others = state.nodes.filter(({ role }) => role === "peer");
  const ours = state.nodes.filter(({ role }) => role !== "peer");
  const facts = { pairs: state.pairs, hasChains: state.chains.length > 1, now };
  return (
    <section class="panel fleet" aria-labelledby="fleet">
      <h2 id="fleet">{labels.fleet.heading}</h2>
      <p class="explanation">{labels.fleet.explanation}</p>
      {sites.map((site) => (
        <Site key={site.name} site={site} nodes={ours.filter((node) => node.site === site.name)} {...facts} />
      ))}
      {others.length > 0 && (
        <section class="site" aria-labelledby="others">
          <h3 id="others">{labels.fleet.others}</h3>
          <Nodes nodes={others} labelledBy="others" {...facts} />
        </section>
      )}
    </section>
  );
}

interface NodesFacts {
  nodes: readonly NodeView[];
  pairs: readonly PairView[];
  /** There are several, so that a node has to say which is its own. */
  hasChains: boolean;
  now: number;
}

function Site({ site, nodes, ...facts }: { site: SiteView } & NodesFacts) {
  const { labels, words, format } = useLanguage();
  const live = nodes.filter(({ status }) => status === "live");
  const planned = nodes.filter(({ status }) => status === "planned");
  const id = `site-${site.name}`;
  const country = format.country(site.country);
  return (
    <section class="site" data-status={site.status} aria-labelledby={id}>
      <h3 id={id}>
        <span class="rollout">{site.rollout}</span>
        {site.city === undefined ? country : `${site.city}, ${country}`}
        {site.status !== "live" && <span class="badge">{words.siteStatus[site.status]}</span>}
      </h3>
      {nodes.length === 0 && <p class="none">{labels.fleet.noNode}</p>}
      {live.length > 0 && <Nodes nodes={live} labelledBy={id} {...facts} />}
      {planned.length > 0 && <Planned nodes={planned} />}
    </section>
  );
}

/** Of a node that is planned there is nothing to be seen yet but that it is. */
function Planned({ nodes }: { nodes: readonly NodeView[] }) {
  const { words } = useLanguage();
  return (
    <ul class="planned">
      {nodes.map(({ name, role, status }) => (
        <li key={name} data-node={name} data-status={status}>
          <b>{name}</b> <span class="aside">{words.role(role)}</span>
          <span class="badge">{words.nodeStatus[status]}</span>
        </li>
      ))}
    </ul>
  );
}

function Nodes({ nodes, pairs, hasChains, now, labelledBy }: NodesFacts & { labelledBy: string }) {
  const { labels } = useLanguage();
  const { node, production, head, behind, lib, clock, version } = labels.fleet;
  const paired = pairs.flatMap(({ primary, secondary }) => [primary, secondary]);
  return (
    <table class="nodes" aria-labelledby={labelledBy}>
      <thead>
        <tr>
          {[node, production, "HTTP", "p2p", head, behind, lib, clock, version].map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {nodes.map((view) => (
          <NodeRow key={view.name} node={view} isPaired={paired.includes(view.name)} namesChain={hasChains} now={now} />
        ))}
      </tbody>
    </table>
  );
}
