/* All tests of this folder in one process. */
await import("./tree.test.mjs");
await import("./wire.test.mjs");
await import("./changes.test.mjs");
await import("./bundle.test.mjs");
await import("./steps.test.mjs");
await import("./schema.test.mjs");
await import("./heads.test.mjs");
await import("./protocol.test.mjs");
await import("./tap.test.mjs");
