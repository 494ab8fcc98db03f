#!/usr/bin/env bash
# Runs the loom models, then plants one bug after the other and checks that the model which guards against it fails.
#
#   ci/loom.sh          2 preemptions, a few minutes
#   ci/loom.sh --long   3 preemptions
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
    "") preemptions=2 ;;
    --long) preemptions=3 ;;
    *)
        echo "usage: ci/loom.sh [--long]" >&2
        exit 2
        ;;
esac

export RUSTFLAGS="--cfg ffihost_loom -C debug-assertions"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
export LOOM_MAX_PREEMPTIONS=$preemptions
# A model that spins would run for ever otherwise.
export LOOM_MAX_BRANCHES=10000

run() {
    cargo test --quiet --release --lib -p ffihost -- models::"$1" 2>&1
}

echo "models, $preemptions preemptions"
time run ""

# A bug, and the models that have to notice it: each on its own.
plants=(
    "close_without_cas        calls::complete_against_drop_of_the_future"
    "close_without_cas        calls::complete_against_deadline"
    "close_without_cas        calls::complete_against_close"
    "close_without_cas        registry::complete_against_unregister"
    "claim_without_cas        calls::complete_against_complete"
    "claim_without_cas        calls::answered_inline_against_another_thread"
    "claim_without_cas        calls::an_answer_of_the_owner_against_another_thread"
    "claim_ignores_sequence   calls::complete_against_close_and_the_slots_next_context"
    "claim_ignores_sequence   calls::a_stale_token_never_settles_the_slots_next_call"
    "claim_relaxed            calls::a_token_that_was_guessed_before_it_was_issued"
    "publish_without_cas      calls::a_call_that_cannot_wait_against_an_answer"
    "conclude_drops_an_accepted_answer calls::a_call_that_cannot_wait_against_an_answer"
    "conclude_relaxed         calls::a_call_that_cannot_wait_against_an_answer"
    "defeated_slot_is_freed   calls::a_call_that_cannot_wait_against_an_answer"
    "push_relaxed             calls::answers_to_several_calls_all_arrive"
    "notify_only_first        calls::nobodys_answer_waits_for_another_answerer"
    "notify_without_swap      signal::no_wake_up_is_lost"
    "sleep_before_register    signal::no_wake_up_is_lost"
    "clear_without_swap       signal::no_wake_up_is_lost"
    "wake_always              signal::a_burst_wakes_once"
    "spin_without_wake        signal::a_notification_while_spinning_wakes_once"
    "unregister_without_mark  registry::unregister_ends_a_call_that_nobody_answers"
    "unregister_without_version registry::replace_and_unregister_against_a_running_invocation"
    "version_before_change    registry::a_registration_is_seen_after_it_returned"
    "retired_is_dropped_at_once registry::replace_and_unregister_against_a_running_invocation"
    "removed_is_not_awaited   registry::a_replacement_against_the_close"
    "registry_stays_open      registry::a_replacement_against_the_close"
    "client_looks_before_it_registers registry::what_the_host_registers_is_the_hosts_in_any_order"
    "client_takes_any_back    registry::what_the_host_registers_is_the_hosts_in_any_order"
    "group_in_parts           registry::a_group_is_registered_at_one_moment"
    "dropped_waiter_keeps_its_place waiters::a_waiter_is_dropped_while_a_place_is_handed_over"
    "idle_place_is_left       waiters::the_place_of_one_who_is_dropped_is_for_whoever_comes"
    "removal_looks_apart      events::one_removal_is_told_that_it_is_done"
    "closing_leaves_producers_waiting events::the_closing_against_a_producer_that_waits"
    "outcome_is_told_to_those_who_wait_alone close::whoever_waits_for_the_outcome_is_told"
    "check_before_pin         gate::the_last_one_out_lets_go"
    "leave_relaxed            gate::the_last_one_out_lets_go"
    "vacate_without_look      gate::the_last_one_out_lets_go"
    "vacate_without_look      gate::a_record_serves_again_after_a_close_that_timed_out"
    "pin_before_check         gate::a_stale_handle_is_in_nobodys_way"
    "last_pin_wakes_nobody    gate::the_last_pin_wakes_the_close"
    "start_ignores_cancel     requests::cancel_against_start"
    "submit_looks_apart       requests::submit_against_seal"
    "settle_looks_apart       requests::settle_against_seal"
    "delivered_early          requests::terminal_call_against_stale_warning"
    "warn_without_mark        requests::terminal_call_against_stale_warning"
    "live_before_pins         requests::grace_against_submit"
    "abandon_without_second_look close::abandonment_against_report"
    "inbox_stays_open         gate::close_against_begin"
    "deliver_without_cas      events::a_removed_listener_is_not_running_and_is_not_called"
    "abandon_without_words    events::removal_against_an_abandoned_context"
    "add_after_abandonment    events::addition_against_an_abandonment"
    "sleep_without_look       events::an_event_wakes_the_event_thread"
    "wait_uncounted           events::room_wakes_a_producer"
    "queue_closed_before_stage events::the_first_listener_against_the_end"
    "abandonment_before_queue events::the_first_listener_against_an_abandonment"
    "nobody_takes_back        events::emit_against_the_end_of_the_event_thread"
)

missed=0
for line in "${plants[@]}"; do
    read -r bug guard <<<"$line"
    if output=$(FFIHOST_PLANT=$bug run "$guard"); then
        echo "MISSED  $bug is not noticed by $guard"
        missed=$((missed + 1))
    elif grep -q "panicked at" <<<"$output"; then
        echo "caught  $bug by $guard"
    else
        echo "BROKEN  $bug, $guard: the run failed for another reason"
        echo "$output"
        missed=$((missed + 1))
    fi
done
if [ "$missed" -gt 0 ]; then
    echo "$missed planted bugs were missed" >&2
    exit 1
fi
echo "every planted bug is noticed"
