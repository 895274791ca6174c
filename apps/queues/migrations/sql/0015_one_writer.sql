-- One writer of an item's life, disputes among it, and a claim that asks for what it has to know with one statement:
-- before it, whoever is paused or new here gets his cursor too.
-- docs/decisions/0014-claim-in-the-database.md
-- Changing a function: a new migration with the whole new text, never an edit here.

-- An item's life, written with its open slots: the answers asked for, less those given and those being given (`busy`).
-- The caller holds the item's lock. An item whose slots come free again re-enters the claimable rows under a new number.
-- With `new_kind` the item goes to an adjudicator, and how hard it is is written too: one change of the row, since a
-- second one would enter it into all its indexes again and look at what it refers to again. What it takes the place of,
-- queues_item_dispute, stays until a later migration: web processes of the version before still call it.
DROP FUNCTION queues_item_write;
CREATE FUNCTION queues_item_write(
    of_item uuid, new_state text, new_wanted int, new_wanted_max int, new_settled_at timestamptz,
    new_adjudication_reason text, new_retired_reason text, busy int,
    new_kind text DEFAULT NULL, new_labels jsonb DEFAULT NULL, new_doubt float8 DEFAULT NULL,
    OUT slots int, OUT bumped bigint
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    slots := CASE WHEN new_state = 'open' THEN greatest(new_wanted - busy, 0) ELSE 0 END;
    UPDATE queues_item i
    SET state = new_state, wanted = new_wanted, wanted_max = new_wanted_max, settled_at = new_settled_at,
        adjudication_reason = new_adjudication_reason, retired_reason = new_retired_reason, open_slots = slots,
        bumped_seq = CASE WHEN slots > i.open_slots THEN nextval('queues_bump_seq') ELSE i.bumped_seq END,
        dispute_kind = coalesce(new_kind, i.dispute_kind), dispute_labels = coalesce(new_labels, i.dispute_labels),
        doubt = CASE WHEN new_kind IS NULL THEN i.doubt ELSE new_doubt END
    WHERE i.id = of_item AND (
        new_kind IS NOT NULL OR
        (i.state, i.wanted, i.wanted_max, i.settled_at, i.adjudication_reason, i.retired_reason, i.open_slots)
        IS DISTINCT FROM
        (new_state, new_wanted, new_wanted_max, new_settled_at, new_adjudication_reason, new_retired_reason, slots))
    RETURNING i.bumped_seq INTO bumped;
    IF NOT FOUND THEN  -- nothing to write, which spares the indexes
        SELECT i.bumped_seq INTO bumped FROM queues_item i WHERE i.id = of_item;
    END IF;
END $$;

-- Lease the next item to a person, or give the lease he holds. `outcome`:
--   held     the lease he had        fresh    an item he never had before     again   one that he had and that came back
--   nothing  nothing is left         closed   the queue gives nothing out
--   paused   he gets nothing here until a manager has looked                  newcomer   he has to qualify first
--   stale    leases of this queue ran out: they have to be ended first       } only where `is_last` is false; nothing
--   adopts   the item has an older version of the labels and nobody holds it } was leased then, and the caller asks again
-- With `is_last`, `adopts` says that the leased item has to take on the current labels now.
CREATE OR REPLACE FUNCTION queues_claim(
    of_queue uuid, by_reviewer uuid, at timestamptz, lanes text[], is_last boolean, new_id uuid, new_cursor uuid,
    OUT outcome text, OUT adopts boolean, OUT review queues_review, OUT item queues_item
) LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    cursor_life CONSTANT interval := '10 minutes';  -- a fresh walk now and then finds what was committed late
    before queues_reviewercursor;
    place queues_reviewercursor;
    q record;
    honeypot queues_item;
    used_turn boolean := false;
    step record;
    written record;
    found_in text;
    at_it record;
BEGIN
    adopts := false;
    -- Locked first and always: two requests of one person must not both lease.
    SELECT * INTO before FROM queues_reviewercursor c
    WHERE c.queue_id = of_queue AND c.reviewer_id = by_reviewer FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO queues_reviewercursor (id, queue_id, reviewer_id, sort_key, item_id, seen_seq, started_at)
        SELECT new_cursor, of_queue, by_reviewer, NULL, NULL, s.last_value, at FROM queues_bump_seq s
        ON CONFLICT ON CONSTRAINT reviewercursor_once DO NOTHING;
        SELECT * INTO before FROM queues_reviewercursor c
        WHERE c.queue_id = of_queue AND c.reviewer_id = by_reviewer FOR UPDATE;
    END IF;
    place := before;
    IF place.started_at < at - cursor_life THEN
        place := queues_to_top(place);
        place.started_at := at;
    END IF;

    SELECT k.project_id, k.state, k.seed, k.honeypot_share, k.lease_seconds,
           EXISTS (SELECT 1 FROM queues_reviewerpause p
                   WHERE p.queue_id = of_queue AND p.reviewer_id = by_reviewer AND p.ended_at IS NULL)
           OR EXISTS (SELECT 1 FROM queues_reviewerexclusion x
                      WHERE x.queue_id = of_queue AND x.reviewer_id = by_reviewer AND x.ended_at IS NULL) AS is_paused,
           k.qualification_items > 0 AND NOT EXISTS (
               SELECT 1 FROM queues_revieweradmission a
               WHERE a.queue_id = of_queue AND a.reviewer_id = by_reviewer AND a.ended_at IS NULL) AS is_newcomer,
           (SELECT r FROM queues_review r
            WHERE r.reviewer_id = by_reviewer AND r.state = 'leased' AND of_queue = (
                SELECT i.queue_id FROM queues_item i WHERE i.id = r.item_id)
            ORDER BY r.leased_at DESC LIMIT 1) AS last_lease,
           EXISTS (SELECT 1 FROM queues_review r
                   WHERE r.state = 'leased' AND r.expires_at <= at AND of_queue = (
                       SELECT i.queue_id FROM queues_item i WHERE i.id = r.item_id)) AS has_stale,
           EXISTS (SELECT 1 FROM queues_item i
                   WHERE i.reserved_for_id = by_reviewer AND i.queue_id IS NOT DISTINCT FROM of_queue) AS has_reserved
    INTO q FROM queues_queue k WHERE k.id = of_queue;
    IF q.is_paused THEN
        outcome := 'paused';
        RETURN;
    END IF;
    IF q.is_newcomer THEN
        outcome := 'newcomer';
        RETURN;
    END IF;
    review := q.last_lease;
    IF review.expires_at > at THEN
        SELECT * INTO item FROM queues_item i WHERE i.id = review.item_id;
        outcome := 'held';
        RETURN;
    END IF;
    review := NULL;
    IF q.has_stale AND NOT is_last THEN
        outcome := 'stale';
        RETURN;
    END IF;
    IF q.state NOT IN ('open', 'draining') THEN
        outcome := 'closed';
        RETURN;
    END IF;

    FOREACH found_in IN ARRAY lanes LOOP
        CONTINUE WHEN found_in = 'reserved' AND NOT q.has_reserved;
        IF found_in = 'main' THEN
            step := queues_take_main(place);
            place := step.place;
            item := step.taken;
        ELSE
            item := queues_take_walking(found_in, of_queue, by_reviewer);
        END IF;
        EXIT WHEN item.id IS NOT NULL;
    END LOOP;

    -- A honeypot goes before an item that was found, so that none comes where nothing else is left; it goes neither
    -- before a deadline nor before what was handed to him. The item stays where it is, and is his next one.
    IF q.honeypot_share > 0 AND item.id IS NOT NULL AND found_in IN ('main', 'audit') THEN
        honeypot := queues_take_honeypot(
            of_queue, by_reviewer, queues_is_honeypot_turn(q.seed, q.honeypot_share, by_reviewer, place.n_turns));
        IF honeypot.id IS NOT NULL THEN
            item := honeypot;
            found_in := 'honeypot';
        END IF;
        -- One that comes back uses up no turn.
        used_turn := NOT EXISTS (
            SELECT 1 FROM queues_review r
            WHERE r.item_id = honeypot.id AND r.reviewer_id IS NOT DISTINCT FROM by_reviewer);
    END IF;

    SELECT count(*) FILTER (WHERE r.state IN ('leased', 'submitted') AND NOT EXISTS (
               SELECT 1 FROM queues_reviewerexclusion x
               WHERE x.queue_id = of_queue AND x.reviewer_id = r.reviewer_id AND x.ended_at IS NULL))::int AS busy,
           coalesce(bool_or(r.state = 'leased'), false) AS is_held,
           coalesce(bool_or(r.reviewer_id = by_reviewer), false) AS was_his,
           (SELECT s.id FROM projects_labelschema s WHERE s.project_id = q.project_id
            ORDER BY s.version DESC LIMIT 1) AS schema_id
    INTO at_it FROM queues_review r WHERE r.item_id = item.id;
    -- An open lease finishes under the version it began with. A honeypot has no other version.
    adopts := item.id IS NOT NULL AND NOT at_it.is_held AND found_in <> 'honeypot' AND item.schema_id <> at_it.schema_id;
    IF used_turn AND (is_last OR NOT adopts) THEN
        place.n_turns := place.n_turns + 1;
    END IF;
    IF place IS DISTINCT FROM before THEN
        UPDATE queues_reviewercursor c
        SET sort_key = place.sort_key, item_id = place.item_id, seen_seq = place.seen_seq, started_at = place.started_at,
            n_turns = place.n_turns
        WHERE c.id = place.id;
    END IF;
    IF item.id IS NULL THEN
        outcome := 'nothing';
        RETURN;
    END IF;
    IF adopts AND NOT is_last THEN
        outcome := 'adopts';
        RETURN;
    END IF;

    IF at_it.was_his THEN
        UPDATE queues_review r
        SET state = 'leased', submitted_at = NULL, skip_reason = '', token = nextval('queues_token_seq'),
            lane = found_in, leased_at = at, expires_at = at + make_interval(secs => q.lease_seconds)
        WHERE r.item_id = item.id AND r.reviewer_id IS NOT DISTINCT FROM by_reviewer
        RETURNING r.* INTO review;
        outcome := 'again';
    ELSE
        INSERT INTO queues_review AS r (
            id, item_id, reviewer_id, state, token, lane, leased_at, expires_at, submitted_at, skip_reason)
        VALUES (new_id, item.id, by_reviewer, 'leased', nextval('queues_token_seq'), found_in,
                at, at + make_interval(secs => q.lease_seconds), NULL, '')
        RETURNING r.* INTO review;
        outcome := 'fresh';
    END IF;
    IF item.reserved_for_id = by_reviewer THEN
        UPDATE queues_item i SET reserved_for_id = NULL WHERE i.id = item.id;
        item.reserved_for_id := NULL;
    END IF;
    written := queues_item_write(item.id, item.state, item.wanted, item.wanted_max, item.settled_at,
                                 item.adjudication_reason, item.retired_reason, at_it.busy + 1);
    item.open_slots := written.slots;
    item.bumped_seq := written.bumped;
END $$;
