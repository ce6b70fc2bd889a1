package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Whether one tenant can tell by the time to first token what another has asked: 10,000 pairs of a prompt that the victim has or has
 * not sent and the attacker's question with that prompt, on an engine that serves others meanwhile. The measure is the area
 * under the ROC curve of "it was fast, so it was sent": 1 is certainty, 0.5 is a coin.
 */
class TimingSideChannelTest {
    private static final int PAIRS = 10_000;
    private static final int BLOCK = 16;

    private record Question(double ttft, boolean sent) {}

    @Test
    void withSaltsTimeTellsNothingAndWithoutThemEverything() {
        assertThat(area(ask("victim", "attacker"))).isBetween(0.45, 0.55);
        assertThat(area(ask("", ""))).isGreaterThan(0.95);
        assertThat(area(ask("group", "group")))
                .as("those who chose to share can tell")
                .isGreaterThan(0.95);
    }

    private static List<Question> ask(String victim, String attacker) {
        Bench bench = new Bench(EngineProfile.llama8b(), 7);
        Random random = new Random(7);
        List<Question> all = new ArrayList<>();
        long id = 0;
        for (int pair = 0; pair < PAIRS; pair++) {
            int[] prompt = random.ints(600 + random.nextInt(800), 0, 100_000).toArray();
            boolean sent = random.nextBoolean();
            if (sent) {
                bench.submit(EngineRequest.of(++id, prompt.length, Hashes.ofTokens(prompt, BLOCK, victim, ""), 1));
                bench.untilIdle();
            }
            for (int other = random.nextInt(4); other > 0; other--) {
                int[] its = random.ints(20 + random.nextInt(80), 0, 100_000).toArray();
                bench.submit(EngineRequest.of(++id, its.length, Hashes.ofTokens(its, BLOCK, "other", ""), 3));
            }
            long begun = bench.now;
            bench.submit(EngineRequest.of(++id, prompt.length, Hashes.ofTokens(prompt, BLOCK, attacker, ""), 1));
            bench.untilIdle();
            all.add(new Question(bench.tokens.getOrDefault(id, List.of()).getFirst() - begun, sent));
            bench.forget();
        }
        return all;
    }

    /** Mann-Whitney: the chance that one that was sent is faster than one that was not; ties count half. */
    private static double area(List<Question> all) {
        List<Question> sorted =
                all.stream().sorted(Comparator.comparingDouble(Question::ttft)).toList();
        double[] rank = new double[sorted.size()];
        for (int from = 0; from < rank.length; ) {
            int to = from;
            while (to < rank.length && sorted.get(to).ttft == sorted.get(from).ttft) {
                to++;
            }
            for (int i = from; i < to; i++) {
                rank[i] = (from + 1 + to) / 2.0;
            }
            from = to;
        }
        double sum = 0;
        long not = 0;
        for (int i = 0; i < rank.length; i++) {
            if (!sorted.get(i).sent) {
                sum += rank[i];
                not++;
            }
        }
        long sent = rank.length - not;
        return (sum - not * (not + 1) / 2.0) / ((double) not * sent);
    }
}
