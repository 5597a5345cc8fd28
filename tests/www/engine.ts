/* engine.ts - the inside of the client for tests and benches in a page. */
export { apply, html } from "../../www/src/tree";
export { present } from "../../www/src/parts";
export { enter, gently } from "../../www/src/dom";
