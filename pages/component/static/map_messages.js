// @ts-check
// What the page in Python is told: where the reader looks, what is selected and hidden, which point was clicked.
/** @import { Component, Row, State } from "../map_types.d.ts" */

const SEND_AFTER = 200; // ms without a change; a lasso changes view and selection at once, and both travel as one value

export class Messages {
  /** @param {() => State} state asked for when it is sent */
  constructor(state) {
    this.state = state;
    this.stopped = false;
    /** @type {Component["setStateValue"]} */
    this.setStateValue = () => {};
    /** @type {Component["setTriggerValue"]} */
    this.setTriggerValue = () => {};
    /** @type {number | undefined} */
    this.sending = undefined;
  }

  /**
   * Streamlit gives new functions with every run of the page.
   *
   * @param {Pick<Component, "setStateValue" | "setTriggerValue">} component
   */
  attach({ setStateValue, setTriggerValue }) {
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
  }

  sendState() {
    clearTimeout(this.sending);
    if (this.stopped) return;
    this.sending = setTimeout(() => this.setStateValue("view", this.state()), SEND_AFTER);
  }

  /** @param {Row} row */
  sendClick(row) {
    this.setTriggerValue("clicked", row);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.sending);
  }
}
