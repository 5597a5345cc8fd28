-- The schema, as the migrations make it. For reading, and for the test that says
-- whether this is true: programs run the migrations.

-- One row: what belongs to the database as a whole. seq and tag are the
-- retention boundary: the newest outbox row that is gone.
CREATE TABLE meta (
	id	INTEGER PRIMARY KEY CHECK (id = 1),
	secret	BLOB NOT NULL,
	seq	INTEGER NOT NULL,
	tag	INTEGER NOT NULL
);

-- The state of one group on one page. A deleted one keeps its row, without
-- state, until gc: its revision must not start again under a running action.
CREATE TABLE session (
	id	INTEGER PRIMARY KEY,
	app	TEXT NOT NULL,
	page	TEXT NOT NULL,
	grp	TEXT NOT NULL,
	user	TEXT NOT NULL,
	rev	INTEGER NOT NULL,
	epoch	INTEGER NOT NULL,
	patched	INTEGER NOT NULL,
	touched	INTEGER NOT NULL,
	expires	INTEGER NOT NULL,
	state	TEXT
);
CREATE UNIQUE INDEX session_place ON session (app, page, grp);
CREATE INDEX session_expires ON session (expires) WHERE expires > 0;

-- The newest write of each leaf that was broadcast.
CREATE TABLE patch (
	id	INTEGER PRIMARY KEY,
	app	TEXT NOT NULL,
	scope	TEXT NOT NULL,
	page	TEXT NOT NULL,
	path	TEXT NOT NULL,
	seq	INTEGER NOT NULL,
	ord	INTEGER NOT NULL,
	expires	INTEGER NOT NULL,
	value	TEXT NOT NULL
);
CREATE UNIQUE INDEX patch_leaf ON patch (app, scope, page, path);
CREATE INDEX patch_place ON patch (app, scope, page, seq);
CREATE INDEX patch_app ON patch (app, seq);
CREATE INDEX patch_expires ON patch (expires) WHERE expires > 0;
-- Whether anything was broadcast to a single user of a page: nearly always
-- nothing was, which this finds without looking at other rows.
CREATE INDEX patch_of_user ON patch (app, page)
	WHERE scope >= 'u:' AND scope < 'u;';

-- seq is one more than that of the row before, or than the boundary's: never
-- used twice, even after gc took all rows, and without holes. (AUTOINCREMENT
-- would promise the first alone, for one more page written by each commit.)
-- A row is in one of the two indexes, never in both.
CREATE TABLE outbox (
	seq	INTEGER PRIMARY KEY,
	tag	INTEGER NOT NULL,
	at	INTEGER NOT NULL,
	kind	INTEGER NOT NULL,
	app	TEXT NOT NULL,
	page	TEXT,
	scope	TEXT,
	channel	TEXT,
	coalesce TEXT,
	body	TEXT NOT NULL
);
CREATE INDEX outbox_page ON outbox (app, page, scope)
	WHERE page IS NOT NULL;
CREATE INDEX outbox_channel ON outbox (channel) WHERE channel IS NOT NULL;
-- A stream that opens asks for revocations after its token was issued: nearly
-- always there are none, which this finds without looking at other rows.
CREATE INDEX outbox_revoke ON outbox (seq) WHERE kind = 3;

-- What an action with a key was answered.
CREATE TABLE reply (
	app	TEXT NOT NULL,
	grp	TEXT NOT NULL,
	user	TEXT NOT NULL,
	page	TEXT NOT NULL,
	key	TEXT NOT NULL,
	at	INTEGER NOT NULL,
	hash	BLOB NOT NULL,
	reply	BLOB NOT NULL
);
CREATE UNIQUE INDEX reply_key ON reply (app, grp, user, page, key);
CREATE INDEX reply_at ON reply (at);

CREATE TABLE cursor (
	consumer TEXT PRIMARY KEY,
	seq	INTEGER NOT NULL
) WITHOUT ROWID;

-- A companion's promise to be alive, and who is connected to it.
CREATE TABLE lease (
	id	INTEGER PRIMARY KEY AUTOINCREMENT,
	expires	INTEGER NOT NULL
);
CREATE TABLE presence (
	lease	INTEGER NOT NULL,
	conn	TEXT NOT NULL,
	app	TEXT NOT NULL,
	page	TEXT NOT NULL,
	grp	TEXT NOT NULL,
	user	TEXT NOT NULL,
	view	TEXT NOT NULL,
	PRIMARY KEY (lease, conn)
) WITHOUT ROWID;
CREATE INDEX presence_place ON presence (app, page, grp, user);

-- How many watch a group's page, as its views say it. Changed by commits alone:
-- a view is a function of what is committed.
CREATE TABLE watching (
	app	TEXT NOT NULL,
	page	TEXT NOT NULL,
	grp	TEXT NOT NULL,
	n	INTEGER NOT NULL,
	seq	INTEGER NOT NULL,
	PRIMARY KEY (app, page, grp)
) WITHOUT ROWID;

CREATE TABLE job (
	name	TEXT PRIMARY KEY,
	owner	TEXT NOT NULL,
	expires	INTEGER NOT NULL
) WITHOUT ROWID;

-- An event that a consumer could not handle: it waits for another try at due,
-- and those of its group behind it; or it was given up, due 0, for somebody to
-- look at.
CREATE TABLE parked (
	id	INTEGER PRIMARY KEY AUTOINCREMENT,
	consumer TEXT NOT NULL,
	grp	TEXT NOT NULL,
	seq	INTEGER NOT NULL,
	tries	INTEGER NOT NULL,
	due	INTEGER NOT NULL,
	why	TEXT NOT NULL,
	channel	TEXT NOT NULL,
	body	TEXT NOT NULL
);
CREATE UNIQUE INDEX parked_event ON parked (consumer, grp, seq);
CREATE INDEX parked_due ON parked (consumer, due) WHERE due > 0;

-- What is said later: a message (channel) or a broadcast (scope and page; its
-- leaves, and its patch as text for reading). It gets its sequence at due.
CREATE TABLE delayed (
	id	INTEGER PRIMARY KEY AUTOINCREMENT,
	due	INTEGER NOT NULL,
	app	TEXT NOT NULL,
	name	TEXT NOT NULL,
	channel	TEXT,
	coalesce TEXT,
	scope	TEXT,
	page	TEXT,
	expire	INTEGER NOT NULL,
	body	TEXT NOT NULL
);
CREATE INDEX delayed_due ON delayed (due);
CREATE INDEX delayed_name ON delayed (app, name);
CREATE TABLE delayed_leaf (
	delayed	INTEGER NOT NULL,
	ord	INTEGER NOT NULL,
	path	TEXT NOT NULL,
	value	TEXT NOT NULL,
	PRIMARY KEY (delayed, ord)
) WITHOUT ROWID;

-- Connections whose coming was told to hooks and channels, so that each comes
-- once and goes once.
CREATE TABLE seen (
	lease	INTEGER NOT NULL,
	conn	TEXT NOT NULL,
	app	TEXT NOT NULL,
	page	TEXT NOT NULL,
	grp	TEXT NOT NULL,
	user	TEXT NOT NULL,
	PRIMARY KEY (lease, conn)
) WITHOUT ROWID;
CREATE INDEX seen_place ON seen (app, page, user, grp);
