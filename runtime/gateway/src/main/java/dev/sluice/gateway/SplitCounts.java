package dev.sluice.gateway;

import dev.sluice.core.Decision;
import dev.sluice.core.Disaggregation.Verdict;
import dev.sluice.gateway.metrics.LlmdRequest;
import dev.sluice.gateway.metrics.Meters;

/** Counts what was decided about computing prompts elsewhere, under our name and under llm-d's. */
final class SplitCounts {
    private SplitCounts() {}

    static void of(Decision decision, Meters meters, LlmdRequest llmd) {
        decision.disaggregation().ifPresent(said -> {
            meters.disaggregation(said.verdict().label());
            // A single token that the prefill endpoint answers is a prompt computed there, in llm-d's two words.
            boolean split = said.split() || said.verdict() == Verdict.PREFILL_ONLY;
            var handler = decision.policy().handler();
            llmd.disaggregated(handler.type(), handler.name(), split);
        });
    }
}
