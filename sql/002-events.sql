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
