-- A user's own group is called as the user is, but for a name that could be a
-- browser's group: 43 characters of base64url, which anybody may send as the
-- cookie. That one has a colon before it now, and so has one that is so called
-- already, which is to be out of the way first. Nobody's groups have no user.
UPDATE OR IGNORE session SET grp = ':' || grp
	WHERE user = grp AND grp LIKE ':%' AND length(ltrim(grp, ':')) = 43
	AND ltrim(grp, ':') NOT GLOB '*[^A-Za-z0-9_-]*';
UPDATE OR IGNORE session SET grp = ':' || grp
	WHERE user = grp AND length(grp) = 43
	AND grp NOT GLOB '*[^A-Za-z0-9_-]*';
