/** The end of the page: where programs read the same, and whose time is shown. */
import { useLanguage } from "../settings/language-context.ts";

const ENDPOINTS = ["state", "events", "rounds", "producers"] as const;

export function Foot() {
  const { labels, format } = useLanguage();
  return (
    <footer class="foot">
      <h2>{labels.foot.heading}</h2>
      <p>{labels.foot.api}</p>
      <ul>
        {ENDPOINTS.map((endpoint) => (
          <li key={endpoint}>
            <a href={`/api/${endpoint}`}>
              <code>{`/api/${endpoint}`}</code>
            </a>{" "}
            {labels.foot.endpoints[endpoint]}
          </li>
        ))}
      </ul>
      <p>{labels.zone(format.timeZone)}</p>
    </footer>
  );
}
