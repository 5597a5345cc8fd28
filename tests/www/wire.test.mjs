/* Positions, event streams, waiting times, channels, forms. */
import test from "node:test";
import assert from "node:assert/strict";
import { load } from "./load.mjs";

const { after, backoff, parser, fits, key, fields, typed } = await load("wire");

/* The events that a text gives, in pieces of every size. */
function events(text, size) {
  const got = [];
  const read = parser((event, data, id) => got.push({ event, data, id }),
    (ms) => got.push({ retry: ms }));

  for (let at = 0; at < text.length; at += size) read(text.slice(at, at + size));
  return got;
}

const one = (event, data, id = "") => ({ event, data, id });

for (const [name, text, expected] of [
  ["an event with name and position", "id: 1-aa\nevent: update\ndata: {}\n\n",
    [one("update", "{}", "1-aa")]],
  ["an event without a name is a message", "data: x\n\n", [one("message", "x")]],
  ["lines of data are joined", "data: a\ndata: b\n\n", [one("message", "a\nb")]],
  ["only one space is left out", "data:  x\n\n", [one("message", " x")]],
  ["no space is needed", "data:x\n\n", [one("message", "x")]],
  ["a colon in the data stays", "data: a: b\n\n", [one("message", "a: b")]],
  ["comments are nothing", ": heartbeat\n\n:\n\ndata: x\n\n", [one("message", "x")]],
  ["a position alone is a position", "id: 7-a\n\ndata: x\n\n",
    [one("", "", "7-a"), one("message", "x", "7-a")]],
  ["an event without data is nothing", "event: x\n\ndata: y\n\n", [one("message", "y")]],
  ["empty data is data", "event: x\ndata\n\n", [one("x", "")]],
  ["CR LF", "event: x\r\ndata: y\r\n\r\ndata: z\r\n\r\n",
    [one("x", "y"), one("message", "z")]],
  ["CR alone", "data: a\rdata: b\r\rdata: c\r\r\n", [one("message", "a\nb"), one("message", "c")]],
  ["a position holds until the next", "id: 1-a\ndata: x\n\ndata: y\n\n",
    [one("message", "x", "1-a"), one("message", "y", "1-a")]],
  ["an unfinished event is not handed over", "data: x\n", []],
  ["unknown fields are nothing", "foo: bar\ndata: x\n\n", [one("message", "x")]],
  ["retry is a number", "retry: 1500\nretry: soon\n\n", [{ retry: 1500 }]],
  ["a byte order mark is nothing", "\uFEFFdata: x\n\n", [one("message", "x")]],
  ["letters of every alphabet", "data: é😀\n\n", [one("message", "é😀")]],
]) {
  test("stream: " + name, () => {
    for (let size = 1; size <= text.length; size++) {
      assert.deepEqual(events(text, size), expected, "in pieces of " + size);
    }
  });
}

for (const [a, b, expected] of [
  ["2-00000000", "1-ffffffff", true],
  ["10-00000000", "9-00000000", true],
  ["1-00000001", "1-00000000", false],
  ["1-00000000", "2-00000000", false],
  ["1-00000000", "", true],
  ["", "1-00000000", false],
]) {
  test(`position ${a || "none"} is ${expected ? "" : "not "}after ${b || "none"}`,
    () => assert.equal(after(a, b), expected));
}

test("waiting grows to the most there is, with full jitter", () => {
  const most = [0, 1, 2, 3, 4, 5, 1000].map((n) => backoff(n, 100, 1500, () => 1));

  assert.deepEqual(most, [100, 200, 400, 800, 1500, 1500, 1500]);
  assert.equal(backoff(3, 100, 1500, () => 0), 0);
  assert.equal(backoff(3, 100, 1500, () => 0.5), 400);
});

for (const [pattern, channel, expected] of [
  ["room.lobby", "room.lobby", true],
  ["room.lobby", "room.other", false],
  ["room.*", "room.lobby", true],
  ["room.*", "room", false],
  ["room.*", "room.lobby.said", false],
  ["room.>", "room.lobby.said", true],
  ["room.>", "room", false],
  [">", "anything.at.all", true],
  ["*.lobby", "room.lobby", true],
  ["room", "room.lobby", false],
]) {
  test(`pattern ${pattern} ${expected ? "fits" : "does not fit"} ${channel}`,
    () => assert.equal(fits(pattern, channel), expected));
}

test("keys are 22 characters of the protocol, and never the same", () => {
  const keys = new Set(Array.from({ length: 1000 }, key));

  assert.equal(keys.size, 1000);
  for (const one of keys) assert.match(one, /^[A-Za-z0-9_-]{22}$/);
});

for (const [said, expected] of [
  ["42", 42], ["-1", -1], ["0", 0], ["3.14", 3.14], [" 42\n", 42],
  ["9007199254740991", 9007199254740991],
  ["9007199254740992", "9007199254740992"],
  [" 1769358878696557000 ", "1769358878696557000"],
  ["007", "007"], ["1.50", "1.50"], ["+1", "+1"], ["-0", "-0"], ["1e3", "1e3"],
  ["12abc", "12abc"], ["0x10", "0x10"], ["Infinity", "Infinity"], ["NaN", "NaN"],
  ["", ""], ["  ", "  "], ["hello", "hello"], [" hello ", " hello "],
  ["true", true], ["false", false], ["True", "True"], [" true ", " true "],
]) {
  test(`the text ${JSON.stringify(said)} says ${JSON.stringify(expected)}`,
    () => assert.deepEqual(typed(said), expected));
}

const control = (type, name, value, checked) =>
  ({ type, name, value, checked, matches: () => false });
const box = (name, value, checked) => control("checkbox", name, value, checked);
const off = (el) => ({ ...el, matches: () => true });

for (const [name, entries, expected, controls] of [
  ["fields by name", [["a", "x"], ["b", "y"]], { a: "x", b: "y" }],
  ["numbers and booleans are what they say", [["a", "1"], ["b", "true"]], { a: 1, b: true }],
  ["a name used twice is a list", [["a", "1"], ["a", "b"], ["a", "3"]],
    { a: [1, "b", 3] }],
  ["the name of the action is no data", [["lvt-action", "x"], ["a", "1"]], { a: 1 }],
  ["files are left out", [["a", { size: 1 }], ["b", "2"]], { b: 2 }],
  ["a name of JavaScript's own", [["toString", "1"]], { toString: 1 }],
  ["a password stays a text", [["p", "1234"]], { p: "1234" },
    [control("password", "p", "1234")]],
  ["a checkbox is a boolean", [["a", "on"]], { a: true, b: false },
    [box("a", "on", true), box("b", "on", false)]],
  ["a hidden default does not count against its checkbox", [["a", "0"]], { a: false },
    [control("hidden", "a", "0"), box("a", "1", false)]],
  ["several checkboxes are the list of those ticked", [["a", "1"], ["a", "3"]],
    { a: ["1", "3"], b: [] },
    [box("a", "1", true), box("a", "2", false), box("a", "3", true),
      box("b", "x", false), box("b", "y", false)]],
  ["a checkbox that is disabled says nothing", [], {}, [off(box("a", "1", true))]],
  ["a list with multiple choice is a list, of one and of none too", [["a", "1"]],
    { a: [1], b: [] },
    [control("select-multiple", "a"), control("select-multiple", "b")]],
  ["of radio buttons the one that is chosen counts", [["a", "2"]], { a: 2 },
    [control("radio", "a", "1", false), control("radio", "a", "2", true)]],
]) {
  test("form: " + name, () => assert.deepEqual(fields(entries, controls), expected));
}
