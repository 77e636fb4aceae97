import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Messages } from "../../../../pages/component/static/map_messages.js";

let sent, state, messages;

beforeEach(() => {
  sent = [];
  state = { selection: null, view: null, hidden: [] };
  messages = new Messages(() => state);
  messages.attach({
    setStateValue: (name, value) => sent.push([name, value]),
    setTriggerValue: (name, value) => sent.push([name, value]),
  });
});

test("changes in a row travel as one value, as it is in the end", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  messages.sendState();
  t.mock.timers.tick(150);
  messages.sendState();
  state = { selection: null, view: null, hidden: [3] };
  t.mock.timers.tick(199);
  assert.deepEqual(sent, []);
  t.mock.timers.tick(1);
  assert.deepEqual(sent, [["view", { selection: null, view: null, hidden: [3] }]]);
});

test("a click travels at once", () => {
  messages.sendClick(7);
  assert.deepEqual(sent, [["clicked", 7]]);
});

test("the functions of the page's latest run are used", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const later = [];
  messages.sendState();
  messages.attach({ setStateValue: (name) => later.push(name), setTriggerValue: () => {} });
  t.mock.timers.tick(200);
  assert.deepEqual([sent, later], [[], ["view"]]);
});

test("a map that left the page sends nothing, not even what was under way", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  messages.sendState();
  messages.stop();
  messages.sendState();
  t.mock.timers.tick(1000);
  assert.deepEqual(sent, []);
});
