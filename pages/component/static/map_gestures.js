// The pointer on the map: hover, click, and drawing a lasso or a box. Panning and wheel zoom stay with plotly.

const CLICK = 4; // px: a press that moves less is a click
const TWICE = 400; // ms between the two clicks of a double click
const STEP = 3; // px between two corners of a lasso

// host: {mode(), frame(), onHover(event), onLeave(), onClick(event), onOutline(path), onSelect(selection), onHome()}
export function listenToPointer(stage, host, signal) {
  let press = null, path = [], asked = 0, last = { when: -Infinity, at: [0, 0] };

  const place = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const drawing = () => press && press.mode !== "pan";
  const cancel = () => {
    press = null;
    path = [];
    host.onOutline([]);
  };

  // Told apart here: plotly lays a cover over the page while a button is down, so the browser's dblclick never reaches the stage
  const click = (event, at) => {
    const twice = event.timeStamp - last.when < TWICE && Math.hypot(at[0] - last.at[0], at[1] - last.at[1]) < 2 * CLICK;
    last = { when: twice ? -Infinity : event.timeStamp, at };
    if (twice) host.onHome();
    else host.onClick(event, at);
  };

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    const mode = event.shiftKey && host.mode() === "pan" ? "lasso" : host.mode();
    press = { at: place(event), mode, moved: 0 };
    path = [press.at];
    host.onLeave();
  }, { capture: true, signal });

  for (const name of ["mousedown", "touchstart"]) {
    stage.addEventListener(name, (event) => {
      if (!drawing()) return;
      event.stopPropagation(); // plotly would pan
      if (event.cancelable) event.preventDefault();
    }, { capture: true, passive: false, signal });
  }

  window.addEventListener("pointermove", (event) => {
    if (!press) {
      if (!stage.contains(event.target)) return host.onLeave();
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => !press && host.onHover(event, place(event)));
      return;
    }
    const [x, y] = place(event), [x0, y0] = press.at;
    press.moved = Math.max(press.moved, Math.hypot(x - x0, y - y0));
    if (!drawing() || press.moved < CLICK) return;
    if (press.mode === "box") path = [[x0, y0], [x, y0], [x, y], [x0, y]];
    else if (Math.hypot(x - path.at(-1)[0], y - path.at(-1)[1]) >= STEP) path.push([x, y]);
    host.onOutline(path);
  }, { signal });

  window.addEventListener("pointerup", (event) => {
    if (!press) return;
    const { mode, moved } = press, drawn = path;
    const wasDrawing = drawing();
    cancel();
    if (moved < CLICK) return click(event, place(event));
    if (wasDrawing && drawn.length > 2) host.onSelect(geometry(mode, drawn, host.frame()));
  }, { signal });
  window.addEventListener("pointercancel", cancel, { signal });
  stage.addEventListener("pointerleave", () => { cancelAnimationFrame(asked); host.onLeave(); }, { signal });
  return cancel;
}

function geometry(mode, path, frame) {
  if (mode === "box") {
    const xs = [path[0][0], path[2][0]].sort((a, b) => a - b), ys = [path[0][1], path[2][1]].sort((a, b) => a - b);
    return { box: { x: xs.map(frame.x), y: [frame.y(ys[1]), frame.y(ys[0])] } };
  }
  return { lasso: { x: path.map((p) => round(frame.x(p[0]))), y: path.map((p) => round(frame.y(p[1]))) } };
}

const round = (value) => Number(value.toPrecision(7));
