-- A queue's label budget: no transaction that would spend more answers than it has ever commits.
-- Changing a function: a new migration with the whole new text, never an edit here.

-- A review of an ordinary item has come to be given or being given (+1), or is so no longer (-1). The triggers are
-- deferred, so that the spending is the last lock of every writer and nobody who waits for it is waited for.
CREATE FUNCTION queues_label_spend() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_spent int;
    in_queue uuid;
BEGIN
    UPDATE queues_labelspending s SET spent = s.spent + TG_ARGV[0]::int
    FROM queues_item i
    WHERE i.id = NEW.item_id AND i.source <> 'honeypot' AND s.queue_id = i.queue_id
    RETURNING s.spent, s.queue_id INTO now_spent, in_queue;
    -- The budget is read after the spending was locked: whoever changes it locks the spending first.
    IF FOUND AND TG_ARGV[0] = '1' AND now_spent > (SELECT label_budget FROM queues_queue WHERE id = in_queue) THEN
        RAISE EXCEPTION 'the label budget of queue % is spent', in_queue
            USING ERRCODE = 'check_violation', CONSTRAINT = 'labelspending_within_budget';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER review_spends_label AFTER INSERT ON queues_review
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN ('leased', 'submitted'))
EXECUTE FUNCTION queues_label_spend('1');

CREATE CONSTRAINT TRIGGER review_spends_label_again AFTER UPDATE OF state ON queues_review
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (OLD.state NOT IN ('leased', 'submitted') AND NEW.state IN ('leased', 'submitted'))
EXECUTE FUNCTION queues_label_spend('1');

CREATE CONSTRAINT TRIGGER review_gives_label_back AFTER UPDATE OF state ON queues_review
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (OLD.state IN ('leased', 'submitted') AND NEW.state NOT IN ('leased', 'submitted'))
EXECUTE FUNCTION queues_label_spend('-1');
