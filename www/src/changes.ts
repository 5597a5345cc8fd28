/*
 * changes.ts - what is another in a tree than in the one before: for people.
 *
 * Trees are never changed and share what is the same (tree.ts), so comparing
 * them costs what changed.
 */

/* A place, "2.0" or "1[k7].3", and the bytes of what came there. */
export interface Part {
  place: string;
  bytes: number;
}

/* An update of the page. */
export interface Row {
  at: number;
  source: string;
  rev: number;
  parts: Part[];
}

function size(value: any): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

export function changes(from: any, to: any, place = "", found: Part[] = []): Part[] {
  if (from === to) return found;
  const both = [from, to].every((one) => typeof one === "object" && one !== null);

  if (!both || !from.d !== !to.d || JSON.stringify(from.s) !== JSON.stringify(to.s)) {
    found.push({ place: place || "all", bytes: size(to) });
  } else if (to.d) {
    items(from.d, to.d, place, found);
  } else {
    for (const name of Object.keys(to)) {
      if (name !== "s") changes(from[name], to[name], place ? place + "." + name : name, found);
    }
  }
  return found;
}

/* A list: the same items are the same objects. Those that changed stand between
 * the same neighbours; others came, went or moved. */
function items(from: any[], to: any[], place: string, found: Part[]): void {
  const was = new Set(from);
  const is = new Set(to);

  if (from.length === to.length) {
    const others = to.map((_, index) => index).filter((index) => from[index] !== to[index]);
    if (others.every((index) => !is.has(from[index]) && !was.has(to[index]))) {
      for (const index of others) {
        changes(from[index], { s: from[index].s, ...to[index] }, `${place}[${index}]`, found);
      }
      return;
    }
  }
  const moved = from.filter((item) => is.has(item)).some((item, index, kept) =>
    index > 0 && to.indexOf(item) < to.indexOf(kept[index - 1]));
  to.forEach((item, index) => {
    if (!was.has(item)) found.push({ place: `${place}[+${index}]`, bytes: size(item) });
  });
  from.forEach((item, index) => {
    if (!is.has(item)) found.push({ place: `${place}[-${index}]`, bytes: 0 });
  });
  if (moved) found.push({ place: place + "[moved]", bytes: 0 });
}

/* For a line of a table. */
export function plain(parts: Part[], most = 8): string {
  const more = parts.length - most;

  return parts.slice(0, most).map((part) => part.place).join(", ") +
    (more > 0 ? " and " + more + " more" : "") || "none";
}
