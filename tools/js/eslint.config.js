import js from "@eslint/js";
import globals from "globals";

const MARKUP = "Data goes into the page as text: use textContent, or element() of map_elements.js.";
const forbidden = (names, message) => names.map((property) => ({ property, message }));

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      "consistent-return": "off", // "return this.fail(…)" ends a function early
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "no-else-return": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-properties": [
        "error",
        ...forbidden(["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "srcdoc", "createContextualFragment"], MARKUP),
        ...forbidden(["write", "writeln"], MARKUP).map((rule) => ({ object: "document", ...rule })),
      ],
      "no-restricted-globals": ["error", { name: "DOMParser", message: MARKUP }, "event", "name", "length"],
      "no-shadow": "error",
      "no-unused-vars": ["error", { args: "all", argsIgnorePattern: "^_" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-arrow-callback": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  { files: ["pages/component/static/**"], languageOptions: { globals: globals.browser } },
  { files: ["tools/**"], languageOptions: { globals: globals.node } },
  { files: ["tests/**"], languageOptions: { globals: { ...globals.node, document: "readonly", window: "readonly" } } }, // fake_dom.js
];
