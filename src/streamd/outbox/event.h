/*
 * event.h - an outbox row, parsed and formatted once for all its readers.
 *
 * Owns:    its texts; its frames, in a chunk of a log that it holds.
 * May not: read the store, know a stream.
 * Invariants:
 *   1. An event never changes after event_make(), but that its frame "stale"
 *      is written when the first reader needs it.
 *   2. Frames of events made one after the other lie one after the other in
 *      a chunk, so that a run of them is one piece to write.
 *   3. A chunk lives as long as an event in it; nobody keeps a frame longer.
 */
#ifndef LVT_STREAMD_EVENT_H
#define LVT_STREAMD_EVENT_H

#include "store/store.h"

#define VIEW_BYTES	16
#define VIEW_TEXT	22
#define VARIANTS_MAX	1024		/* lines of a row that are read */

struct frame {				/* a complete event, as SSE */
	const char *p;
	uint32_t len;
	uint32_t data;			/* offset of its data */
	uint8_t kind;			/* enum frame_kind */
};
enum frame_kind { FRAME_UPDATE, FRAME_STALE, FRAME_MESSAGE };

struct chunk;
struct log {				/* where frames are put */
	struct chunk *now;
	size_t chunk_bytes;
};

struct variant {
	unsigned char base[VIEW_BYTES], view[VIEW_BYTES];
	uint64_t audience;		/* see base/audience.h; 0: anybody */
	struct frame frame;		/* p NULL: nothing changes for them */
};

/* Where somebody stands, and who they are. */
struct stand {
	unsigned char view[VIEW_BYTES];
	uint64_t group, user;		/* as audiences */
};

struct event {
	struct position at;
	enum outbox_kind kind;
	int64_t superseded;		/* by this seq, in the same batch; 0 */
	uint64_t coalesce;		/* hash of channel and key; 0: none */
	struct str topic;		/* channel, or name of the page's scope */
	struct str app, page, user, group;	/* user, group: REVOKE */
	struct frame frame, stale;	/* MESSAGE; PAGE once needed */
	size_t bytes;			/* of memory, about */
	struct chunk *chunk;
	struct event *next;		/* for whoever holds it */
	uint32_t nvariants;
	struct variant variants[];
};

void	log_setup(struct log *l, size_t chunk_bytes);
void	log_release(struct log *l);
/* NULL: out of memory. A row that cannot be read becomes one without
 * variants (everybody is told to sync), or a message nobody gets. */
struct event *event_make(struct log *l, const struct outbox_entry *e);
void	event_free(struct event *ev);		/* NULL is fine */
/* Its frame "stale": borrowed; NULL: out of memory. */
const struct frame *event_stale(struct event *ev, int64_t spread_ms);
/* The line that begins there; one that leads there (or says that nothing
 * changes). */
const struct variant *event_from(const struct event *ev,
	    const struct stand *at);
bool	event_leads_to(const struct event *ev, const struct stand *at);
/* Data of an event "stale", to be freed; NULL: out of memory. */
char	*stale_text(struct str page, int64_t spread_ms, const char *why,
	    bool left);
const char *frame_name(enum frame_kind kind);
/* 22 characters to 16 bytes: 0 or LVT_EINVALID. */
int	view_parse(const char *text, size_t len,
	    unsigned char view[VIEW_BYTES]);
void	view_text(const unsigned char view[VIEW_BYTES],
	    char text[VIEW_TEXT + 1]);

#endif
