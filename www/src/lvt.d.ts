/*
 * lvt.d.ts - what lvt.js offers to a page's own scripts, as window.lvt.
 */

/** How an action ended. */
export interface Result {
  success: boolean;
  action: string;
  /** Messages by field, where input was not valid. */
  errors: Record<string, string>;
  /** What the action said with lvt_reply(). */
  reply?: any;
  /** The revision that was named is an old one; nothing changed. */
  conflict?: boolean;
  /** The server did not take the action at all, or could not be reached. */
  error?: { code: string; message: string; status: number };
}

/** A message of a channel, or the news that some were lost. */
export interface Message {
  channel?: string;
  event?: string;
  payload?: any;
  gap?: { from: string; to: string };
}

/*
 * lvt-debug.js adds nothing to window.lvt: it wraps window.fetch and listens to
 * the events below.
 */

/** What a hook's functions have as this: the element, and what they keep there. */
export interface Hooked {
  el: HTMLElement;
  [own: string]: any;
}

/** What happens to an element with lvt-hook. */
export interface Hook {
  mounted?(this: Hooked): void;
  updated?(this: Hooked): void;
  destroyed?(this: Hooked): void;
  connected?(this: Hooked): void;
  disconnected?(this: Hooked): void;
}

export type State = "connecting" | "live" | "behind" | "polling" | "offline";

export interface Lvt {
  /** Do an action, after those that wait already. Never rejects. */
  action(name: string, data?: Record<string, any>): Promise<Result>;
  /**
   * Listen to channels; "*" stands for one level, ">" for the rest.
   * Returns a function that ends it.
   */
  subscribe(pattern: string, fn: (message: Message) => void): () => void;
  /** Ask the server where the page should be. Resolves to whether it is current. */
  sync(): Promise<boolean>;
  /** Functions for elements with lvt-hook="NAME"; see docs/client.md. */
  hooks: Record<string, Hook>;
  /** Whether this tab has the stream that the browser's tabs share. */
  readonly leading?: boolean;
  readonly state: State;
  readonly transport: "stream" | "long-poll" | "poll";
  /**
   * Why it is not the stream: "none" (the page names none), "buffered" (nothing of
   * it came in time), "refused" (there was another answer), "broken"; else "".
   */
  readonly why: "" | "none" | "buffered" | "refused" | "broken";
  readonly view: string;
  readonly rev: number;
}

/** What lvt:pending, lvt:success, lvt:error and lvt:done carry as detail. */
export type ActionDetail = Partial<Result> & {
  action: string;
  data: Record<string, any>;
};

/** What lvt:updated carries as detail. */
export interface UpdatedDetail {
  view: string;
  rev: number;
  source: "reply" | "stream" | "sync";
}

/** The events of pages and elements; see docs/client.md. They bubble. */
export interface LvtEventMap {
  "lvt:pending": CustomEvent<ActionDetail>;
  "lvt:success": CustomEvent<ActionDetail>;
  "lvt:error": CustomEvent<ActionDetail>;
  "lvt:done": CustomEvent<ActionDetail>;
  /** Bytes of a form with files. */
  "lvt:progress": CustomEvent<{ loaded: number; total: number }>;
  /** How many changes wait for a form with lvt-hold; it has them now. */
  "lvt:held": CustomEvent<{ count: number }>;
  "lvt:released": CustomEvent<void>;
  "lvt:updated": CustomEvent<UpdatedDetail>;
  "lvt:connected": CustomEvent<void>;
  "lvt:disconnected": CustomEvent<void>;
  /** The page is not to be had any more; preventDefault(): and is not loaded anew. */
  "lvt:gone": CustomEvent<{ status: number }>;
  /** lvt-nav turned the page. */
  "lvt:navigated": CustomEvent<{ url: string }>;
}

declare global {
  interface Window {
    lvt: Lvt;
  }
  interface HTMLElementEventMap extends LvtEventMap {}
  interface DocumentEventMap extends LvtEventMap {}
  interface WindowEventMap extends LvtEventMap {}
}
