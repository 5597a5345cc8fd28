-- Whether anything was broadcast to a single user of a page: nearly always
-- nothing was, which this finds without looking at other rows.
CREATE INDEX patch_of_user ON patch (app, page)
	WHERE scope >= 'u:' AND scope < 'u;';
