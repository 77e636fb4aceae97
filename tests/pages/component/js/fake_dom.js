// As much of a page as the map's script touches. Markup is refused: whoever sets innerHTML fails the test.

class Node extends EventTarget {
  constructor(tag) {
    super();
    this.tagName = tag.toUpperCase();
    this.children = [];
    this.parent = null;
    this.text = "";
    this.attributes = new Map();
    this.dataset = {};
    this.style = { setProperty: (name, value) => { this.style[name] = value; } };
    this.hidden = false;
    this.value = "";
    this.className = "";
    Object.assign(this, { clientWidth: 800, clientHeight: 600, offsetWidth: 0, offsetHeight: 0, offsetLeft: 0, offsetTop: 0, scrollTop: 0 });
  }

  get classList() {
    const names = () => new Set(this.className.split(" ").filter(Boolean));
    const change = (edit) => { const now = names(); edit(now); this.className = [...now].join(" "); };
    return {
      contains: (name) => names().has(name),
      add: (name) => change((now) => now.add(name)),
      remove: (name) => change((now) => now.delete(name)),
      toggle: (name, on) => change((now) => (on ? now.add(name) : now.delete(name))),
    };
  }

  get childElementCount() {
    return this.children.length;
  }

  get textContent() {
    return this.text + this.children.map((child) => child.textContent).join("");
  }

  set textContent(text) {
    this.replaceChildren();
    this.text = String(text);
  }

  set innerHTML(_) {
    throw new Error("markup was put into the page");
  }

  get isConnected() {
    return this === document.documentElement || Boolean(this.parent?.isConnected);
  }

  append(...nodes) {
    for (const node of nodes) {
      node.remove();
      node.parent = this;
      this.children.push(node);
    }
  }

  insertBefore(node, next) {
    node.remove();
    node.parent = this;
    this.children.splice(next ? this.children.indexOf(next) : this.children.length, 0, node);
    return node;
  }

  appendChild(node) {
    this.append(node);
    return node;
  }

  replaceChildren(...nodes) {
    for (const child of [...this.children]) child.remove();
    this.text = "";
    this.append(...nodes);
  }

  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((child) => child !== this);
    this.parent = null;
  }

  contains(node) {
    return node === this || this.children.some((child) => child.contains(node));
  }

  setAttribute(name, value) {
    if (name === "class") this.className = value;
    else if (name.startsWith("data-")) this.dataset[name.slice("data-".length)] = value;
    else this.attributes.set(name, value);
  }

  getAttribute(name) {
    return (name.startsWith("data-") ? this.dataset[name.slice("data-".length)] : this.attributes.get(name)) ?? null;
  }

  matches(selector) {
    if (selector.startsWith(".")) return this.classList.contains(selector.slice(1));
    const [, name, value] = /^\[([a-z-]+)(?:="([^"]*)")?\]$/.exec(selector) ?? [];
    if (name) return value === undefined ? this.getAttribute(name) !== null : this.getAttribute(name) === value;
    return this.tagName === selector.toUpperCase();
  }

  querySelectorAll(selector) {
    return this.children.flatMap((child) => [...(child.matches(selector) ? [child] : []), ...child.querySelectorAll(selector)]);
  }

  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }

  closest() {
    return null;
  }

  focus() {
    document.activeElement = this;
  }

  click(extra = {}) {
    this.dispatchEvent(happening("click", extra));
  }

  getBoundingClientRect() {
    return { left: 100, top: 50, width: this.clientWidth, height: this.clientHeight };
  }

  getContext(kind) {
    const strokes = Object.fromEntries(["scale", "beginPath", "arc", "fill", "stroke", "fillText"].map((name) => [name, () => {}]));
    return kind === "2d" ? { ...strokes, font: "", measureText: (text) => ({ width: 7 * text.length }) } : { getExtension: () => null };
  }
}

// An event with what the map reads of it, such as clientX
export function happening(type, properties = {}) {
  const event = new Event(type, { cancelable: true });
  for (const [name, value] of Object.entries(properties)) Object.defineProperty(event, name, { value });
  return event;
}

// A new, empty page in the place of the last one
export function openPage() {
  const root = new Node("html"), body = new Node("body"), head = new Node("head");
  const appendToHead = head.append.bind(head);
  head.append = (node) => {
    appendToHead(node);
    queueMicrotask(() => node.onload?.()); // whatever is linked loads at once
  };
  globalThis.document = {
    documentElement: root, body, head, activeElement: body,
    createElement: (tag) => new Node(tag),
    createElementNS: (_, tag) => new Node(tag),
  };
  root.append(head, body);
  globalThis.window = new EventTarget();
  Object.assign(globalThis, {
    Element: Node,
    HTMLElement: Node,
    innerWidth: 1280,
    innerHeight: 800,
    getComputedStyle: () => ({ fontFamily: "sans-serif", getPropertyValue: () => "#ffffff" }),
    requestAnimationFrame: (run) => setTimeout(run, 16),
    cancelAnimationFrame: (id) => clearTimeout(id),
    ResizeObserver: class { observe() {} disconnect() {} },
  });
  return body;
}

// From data units to pixels of a stage of 800 × 600 that shows 0 to 80 and 0 to 60
export const frame = {
  width: 800,
  height: 600,
  px: (x) => 10 * x,
  py: (y) => 600 - 10 * y,
  x: (px) => px / 10,
  y: (py) => (600 - py) / 10,
};
