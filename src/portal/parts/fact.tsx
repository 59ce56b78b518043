/** A name, a value that can be read from afar, and a word about it. */
import type { ComponentChildren } from "preact";

interface FactProps {
  name: string;
  value: string;
  children?: ComponentChildren;
}

export function Fact({ name, value, children }: FactProps) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>
        <span class="value">{value}</span>
        {children && <span class="aside">{children}</span>}
      </dd>
    </div>
  );
}
