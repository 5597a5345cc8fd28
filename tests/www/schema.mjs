/*
 * schema.mjs - JSON Schema, as much of it as docs/schemas/ uses.
 *
 *     why(schema("tree"), value)     "" where the value is one, else the reason
 *
 * A keyword that is not known here throws: nothing passes unseen.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { srcdir } from "./load.mjs";

const files = new Map();
const notes = new Set(["$schema", "$defs", "title", "description"]);

function file(name) {
  if (!files.has(name)) {
    files.set(name, JSON.parse(readFileSync(join(srcdir, "docs/schemas", name))));
  }
  return files.get(name);
}

/* A schema, and the file that its own references are relative to. */
export function schema(name) {
  return { at: name + ".json", rule: file(name + ".json") };
}

function follow(at, ref) {
  const [name, pointer] = ref.split("#");
  const target = name || at;
  const rule = (pointer || "").split("/").filter(Boolean)
    .reduce((rule, part) => rule[part], file(target));

  if (rule === undefined) throw new Error(`${at}: no ${ref}`);
  return { at: target, rule };
}

function typeOf(value) {
  return value === null ? "null" : Array.isArray(value) ? "array"
    : Number.isInteger(value) ? "integer" : typeof value;
}

const is = { array: Array.isArray, object: (v) => typeOf(v) === "object" };

/* Each: (argument of the keyword, value, whole rule, check of a part). */
const keywords = {
  $ref: (ref, v, rule, part) => part(ref, v, "", true),
  type: (type, v) => typeOf(v) === type ? "" : `is no ${type}`,
  const: (want, v) => v === want ? "" : `is not ${want}`,
  enum: (list, v) => list.includes(v) ? "" : `is none of ${list}`,
  pattern: (p, v) => typeof v !== "string" || new RegExp(p, "u").test(v) ? ""
    : `does not match ${p}`,
  minimum: (n, v) => !(v < n) ? "" : `is less than ${n}`,
  minLength: (n, v) => typeof v !== "string" || v.length >= n ? "" : "is too short",
  minItems: (n, v) => !is.array(v) || v.length >= n ? "" : "has too few items",
  required: (names, v) => !is.object(v) ? ""
    : names.filter((name) => !(name in v)).map((name) => "lacks " + name).join(),
  anyOf: (rules, v, rule, part) => {
    const reasons = rules.map((one) => part(one, v, ""));
    return reasons.includes("") ? "" : reasons.join(" | ");
  },
  prefixItems: (rules, v, rule, part) => !is.array(v) ? ""
    : rules.map((one, i) => i < v.length ? part(one, v[i], i) : "").find(Boolean) || "",
  items: (one, v, rule, part) => !is.array(v) ? ""
    : v.slice((rule.prefixItems || []).length).map((x, i) => part(one, x, i))
      .find(Boolean) || "",
  properties: (rules, v, rule, part) => !is.object(v) ? ""
    : Object.keys(rules).filter((name) => name in v)
      .map((name) => part(rules[name], v[name], name)).find(Boolean) || "",
  patternProperties: (rules, v, rule, part) => !is.object(v) ? ""
    : Object.entries(rules).flatMap(([p, one]) => Object.keys(v)
      .filter((name) => new RegExp(p, "u").test(name))
      .map((name) => part(one, v[name], name))).find(Boolean) || "",
  additionalProperties: (one, v, rule, part) => !is.object(v) ? ""
    : Object.keys(v).filter((name) => !(name in (rule.properties || {})) &&
      !Object.keys(rule.patternProperties || {}).some((p) => new RegExp(p, "u").test(name)))
      .map((name) => part(one, v[name], name)).find(Boolean) || "",
};

export function why({ at, rule }, value, where = "") {
  if (rule === true) return "";
  if (rule === false) return `${where || "it"} should not be there`;
  const part = (one, v, name, isRef) => why(isRef ? follow(at, one) : { at, rule: one }, v,
    name === "" ? where : `${where}/${name}`);

  for (const [keyword, argument] of Object.entries(rule)) {
    if (notes.has(keyword)) continue;
    if (!keywords[keyword]) throw new Error(`${at}: unknown keyword ${keyword}`);
    const reason = keywords[keyword](argument, value, rule, part);
    if (reason) return /^(\/|it )/.test(reason) || !where ? reason : `${where} ${reason}`;
  }
  return "";
}
