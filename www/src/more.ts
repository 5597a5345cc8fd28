/*
 * more.ts - lvt-more.js: what a page can be live without. It comes after
 * lvt.js, which calls it through plug and share.
 *
 * Owns:    what the attributes below say of their elements; the announcer.
 * May not: change what the server rendered, but for a time that is limited.
 */
import { openAnnouncer } from "./announce";
import { openAnywhere } from "./anywhere";
import { openEffects } from "./effects";
import { openForms } from "./forms";
import { openHeads } from "./heads";
import { openLongPoll } from "./longpoll";
import { openNavigation } from "./nav";
import { openPace } from "./pace";
import { openTabs } from "./tabs";

openLongPoll();
openAnnouncer();
openAnywhere();
openEffects();
openForms();
openHeads();
openNavigation();
openPace();
openTabs();
