/** The watchtower: its lamp is lit while the page is live. */
export function Tower({ lit }: { lit: boolean }) {
  return (
    <svg class="tower" data-lit={lit} viewBox="0 0 32 32" aria-hidden="true">
      <path class="tower-beam" d="M11 10L0 6.5v8l11-2z M21 10l11-3.5v8l-11-2z" />
      <path class="tower-roof" d="M16 1.5L23.5 7h-15z M7.5 14.2h17v2h-17z" />
      <rect class="tower-lamp" x="11.2" y="8.4" width="9.6" height="4.6" rx="0.6" />
      <path class="tower-legs" d="M11 16L7.5 30.5 M21 16l3.5 14.5 M10.4 18.5l12.6 6 M21.6 18.5L9 24.5 M8.6 25.5h14.8" />
    </svg>
  );
}
