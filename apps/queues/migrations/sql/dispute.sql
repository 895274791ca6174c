-- An item goes to an adjudicator: its life, as queues_item_write writes it, and how hard it is, in one round trip.
CREATE FUNCTION queues_item_dispute(
    of_item uuid, new_state text, new_wanted int, new_wanted_max int, new_settled_at timestamptz,
    new_adjudication_reason text, new_retired_reason text, busy int,
    new_kind text, new_labels jsonb, new_doubt float8, OUT slots int, OUT bumped bigint
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    SELECT w.slots, w.bumped INTO slots, bumped
    FROM queues_item_write(of_item, new_state, new_wanted, new_wanted_max, new_settled_at, new_adjudication_reason,
                           new_retired_reason, busy) w;
    UPDATE queues_item SET dispute_kind = new_kind, dispute_labels = new_labels, doubt = new_doubt WHERE id = of_item;
END $$;
