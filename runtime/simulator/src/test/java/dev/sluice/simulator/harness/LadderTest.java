package dev.sluice.simulator.harness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.Hashes;
import dev.sluice.simulator.ladder.Arm;
import dev.sluice.simulator.ladder.Arm.Caches;
import dev.sluice.simulator.ladder.Ladder;
import dev.sluice.simulator.ladder.Score;
import dev.sluice.simulator.ladder.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What is known of caches shows in what they are worth: groups of prompts on a fleet that holds their beginnings once. */
class LadderTest {
    private static final int GROUPS = 40;
    private static final int SHARED = 1600;
    private static final int PROMPT = 2000;

    private static Workload workload() {
        return new Workload(
                "groups",
                "this test",
                EngineProfile.llama8b().withCache(1200, 16),
                Collections.nCopies(4, 1.0),
                new Workload.Stage(8, 10),
                List.of(new Workload.Stage(8, 20)),
                0,
                500,
                50,
                LadderTest::talks);
    }

    private static Workload.Talks talks(SplittableRandom random) {
        return () -> {
            int group = random.nextInt(GROUPS);
            long own = random.nextLong();
            long[] blocks = new long[PROMPT / 16];
            long parent = 0;
            for (int i = 0; i < blocks.length; i++) {
                parent = Hashes.next(parent, i < SHARED / 16 ? group : own);
                blocks[i] = parent;
            }
            return new Workload.Talk(new int[] {PROMPT}, new int[] {20}, new double[0], blocks, "");
        };
    }

    private static double hitRate(Caches caches) {
        Score all = Score.empty();
        for (long seed = 1; seed <= 3; seed++) {
            Arm arm = new Arm("a", Policies::leastWork, Duration.ofMillis(250), Arm.Roles.ALONE, caches);
            Ladder.run(arm, workload(), seed).forEach(all::merge);
        }
        assertThat(all.requests()).isGreaterThan(300);
        return all.hitRate();
    }

    @Test
    void whoKnowsCachesHitsThem() {
        double told = hitRate(Caches.TOLD);
        double guessed = hitRate(Caches.GUESSED);
        double unknown = hitRate(Caches.UNKNOWN);
        assertThat(told).isGreaterThan(unknown + 0.1);
        assertThat(guessed).isGreaterThan(unknown + 0.1);
    }

    @Test
    void theSameSeedIsTheSameRun() {
        List<Double> goodput = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Arm arm = new Arm("a", Policies::leastWork, Duration.ofMillis(250), Arm.Roles.ALONE, Caches.TOLD);
            goodput.add(Ladder.run(arm, workload(), 9).getFirst().ttftMs(0.9));
        }
        assertThat(goodput.get(0)).isEqualTo(goodput.get(1));
    }
}
