/* inside.ts - what lvt.js hands to lvt-more.js. */
import type { Inside } from "./main";

export const inside: Inside = (window.lvt as any).inside;
