// plotly.js as the map uses it: it keeps what it was given and lets a test move the view.

export class FakePlotly {
  constructor() {
    this.drawings = [];
    this.purged = 0;
    this.drawing = 0; // at this moment
  }

  async react(div, traces, layout) {
    this.drawing += 1;
    this.most = Math.max(this.most ?? 0, this.drawing);
    await null;
    this.drawing -= 1;
    this.drawings.push({ traces, layout });
    div.listeners ??= {};
    div.on = (event, listener) => { div.listeners[event] = listener; };
    div._fullLayout = { width: layout.width, height: layout.height, xaxis: { range: layout.xaxis.range }, yaxis: { range: layout.yaxis.range } };
    this.div = div;
  }

  async relayout(div, changes) {
    div._fullLayout.xaxis.range = changes["xaxis.range"];
    div._fullLayout.yaxis.range = changes["yaxis.range"];
    div.listeners.plotly_relayout();
  }

  purge() {
    this.purged += 1;
  }
}
