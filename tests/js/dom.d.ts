/**
 * What scripts here may take for granted of the page: queries and events give elements of HTML, forms' fields have values.
 * Without it each `querySelector` would need a cast; wrong names are still found.
 */
type Fields = Pick<HTMLInputElement, "value" | "checked" | "disabled" | "form" | "files" | "select" | "name" | "type">;

interface Element extends HTMLOrSVGElement, ElementCSSInlineStyle, Partial<Fields> {
  hidden: any;
  title: string;
  innerText: string;
  readonly offsetTop: number;
  readonly offsetHeight: number;
  readonly offsetWidth: number;
  click(): void;
}

interface EventTarget {
  readonly dataset: DOMStringMap;
  name: string;
  value: string;
  checked: boolean;
  closest(selectors: string): HTMLElement | null;
  matches(selectors: string): boolean;
}

interface Event {
  readonly detail: any;
  readonly key: string;
}

interface Node {
  contains(other: EventTarget | null): boolean;
}

interface Document {
  getElementById(id: string): any;
}
