package dev.sluice.core.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random events on a few engines with few words, so that everything is shared, beside a model of maps and lists. */
class BlockIndexModelTest {
    private static final int LANES = 5;

    /** Prompt as text → stores per tier. */
    private final List<Map<String, int[]>> model = new ArrayList<>();

    @Test
    void whateverHappensTheIndexSaysWhatTheModelSays() {
        for (int seed = 0; seed < 30; seed++) {
            run(seed);
        }
    }

    private void run(int seed) {
        Random random = new Random(seed);
        BlockIndex index = new BlockIndex(random.nextLong(), 1_000_000);
        model.clear();
        for (int i = 0; i < LANES; i++) {
            index.open(1_000_000);
            model.add(new LinkedHashMap<>());
        }
        Match match = new Match();
        for (int step = 0; step < 3000; step++) {
            step(random, index);
            int[] words = words(random);
            index.match(Prompts.keys(index, words), words.length, match);
            for (int lane = 0; lane < LANES; lane++) {
                check(match, lane, words);
            }
        }
        long pairs = model.stream().mapToLong(Map::size).sum();
        assertThat(index.pairs()).isEqualTo(pairs);
    }

    private static int[] words(Random random) {
        return random.ints(1 + random.nextInt(8), 0, 3).toArray();
    }

    private void step(Random random, BlockIndex index) {
        int lane = random.nextInt(LANES);
        Map<String, int[]> held = model.get(lane);
        int[] words = words(random);
        int from = random.nextInt(words.length);
        int to = from + 1 + random.nextInt(words.length - from);
        Tier tier = Tier.values()[random.nextInt(10) < 7 ? 0 : 1 + random.nextInt(2)];
        int action = random.nextInt(100);
        if (action < 50) {
            index.apply(lane, Prompts.stored(tier, "", lane, from, to, words));
            if (from == 0 || held.containsKey(name(words, from))) {
                for (int i = from; i < to; i++) {
                    more(held, name(words, i + 1), tier);
                }
            }
        } else if (action < 98) {
            index.apply(lane, Prompts.removed(tier, lane, from, to, words));
            for (int i = from; i < to; i++) {
                less(held, name(words, i + 1), tier);
            }
        } else if (action == 98) {
            index.apply(lane, new KvEvent.Cleared());
            held.clear();
        } else {
            index.truncate(lane, Prompts.keys(index, words), words.length, from);
            for (int i = from; i < words.length; i++) {
                held.remove(name(words, i + 1));
            }
        }
    }

    private static void more(Map<String, int[]> held, String name, Tier tier) {
        int[] counts = held.computeIfAbsent(name, n -> new int[3]);
        counts[tier.ordinal()] = Math.min(tier == Tier.GPU ? 15 : 3, counts[tier.ordinal()] + 1);
    }

    private static void less(Map<String, int[]> held, String name, Tier tier) {
        int[] counts = held.get(name);
        if (counts != null) {
            counts[tier.ordinal()] = Math.max(0, counts[tier.ordinal()] - 1);
            if (Arrays.stream(counts).sum() == 0) {
                held.remove(name);
            }
        }
    }

    private static String name(int[] words, int count) {
        return Arrays.toString(Arrays.copyOf(words, count));
    }

    private void check(Match match, int lane, int[] words) {
        int depth = 0;
        int[] best = new int[3];
        while (depth < words.length) {
            int[] counts = model.get(lane).get(name(words, depth + 1));
            if (counts == null) {
                break;
            }
            best[counts[0] > 0 ? 0 : counts[1] > 0 ? 1 : 2]++;
            depth++;
        }
        assertThat(match.blocks(lane)).isEqualTo(depth);
        for (Tier tier : Tier.values()) {
            assertThat(match.blocks(lane, tier)).isEqualTo(best[tier.ordinal()]);
        }
    }
}
