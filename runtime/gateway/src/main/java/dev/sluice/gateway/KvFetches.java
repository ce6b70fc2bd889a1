package dev.sluice.gateway;

import dev.sluice.core.Charge;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What became of prompts' beginnings that engines were told to fetch from others. Thread-safe. */
final class KvFetches {
    private final Map<Charge.Fetched, LongAdder> ended = new LinkedHashMap<>();
    private final LongAdder tokens = new LongAdder();

    KvFetches() {
        for (Charge.Fetched how : Charge.Fetched.values()) {
            ended.put(how, new LongAdder());
        }
    }

    /** A claim is over. */
    void ended(Charge charge) {
        charge.fetched().ifPresent(how -> {
            LongAdder count = ended.get(how);
            if (count != null) {
                count.increment();
            }
            if (how == Charge.Fetched.SOONER) {
                tokens.add(charge.fetchedTokens());
            }
        });
    }

    /** How many ended so, by label. */
    Map<String, Long> counts() {
        Map<String, Long> counts = new LinkedHashMap<>();
        ended.forEach((how, n) -> counts.put(how.label(), n.sum()));
        return counts;
    }

    /** Prompt tokens that were there sooner than they could have been computed. */
    long tokens() {
        return tokens.sum();
    }
}
