-- A stream that opens asks for revocations after its token was issued: nearly
-- always there are none, which this finds without looking at other rows.
CREATE INDEX outbox_revoke ON outbox (seq) WHERE kind = 3;
