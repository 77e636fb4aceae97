// What the page in Python is told: where the reader looks, what is selected and hidden, which point was clicked.

const SEND_AFTER = 200; // ms without a change; a lasso changes view and selection at once, and both travel as one value

export class Messages {
  // state(): the selection, view and hidden categories, asked for when they are sent
  constructor(state) {
    this.state = state;
    this.stopped = false;
  }

  // Streamlit gives new functions with every run of the page
  attach({ setStateValue, setTriggerValue }) {
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
  }

  sendState() {
    clearTimeout(this.sending);
    if (this.stopped) return;
    this.sending = setTimeout(() => this.setStateValue("view", this.state()), SEND_AFTER);
  }

  sendClick(row) {
    this.setTriggerValue("clicked", row);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.sending);
  }
}
