package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.spi.Picker;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PickersTest {
    private static final int ROUNDS = 60_000;

    private final SplittableRandom random = new SplittableRandom(42);

    @Test
    void theHighestTotalIsPickedWithoutDrawingARandomNumber() {
        RandomGenerator none = () -> {
            throw new AssertionError("no tie, no draw");
        };
        assertThat(pick(new MaxScorePicker(new PickerConfig(1)), none, 0.1, 0.9, 0.3))
                .containsExactly(1);
    }

    @Test
    void tiesAreBrokenEvenly() {
        int[] first = new int[5];
        for (int round = 0; round < ROUNDS; round++) {
            first[pick(new MaxScorePicker(new PickerConfig(1)), random, 0.5, 2, 2, 1, 2)[0]]++;
        }
        assertThat(first[0] + first[3]).isZero();
        assertEven(1 / 3.0, shares(first, 1, 2, 4));
    }

    @Test
    void severalPicksAreInOrderAndTiesAmongThemAreEven() {
        Picker picker = new MaxScorePicker(new PickerConfig(3));
        int[] second = new int[5];
        for (int round = 0; round < ROUNDS; round++) {
            int[] order = pick(picker, random, 1, 3, 1, 0, 1);
            assertThat(order).hasSize(3);
            assertThat(order[0]).isEqualTo(1);
            second[order[1]]++;
        }
        assertThat(second[1] + second[3]).isZero();
        assertEven(1 / 3.0, shares(second, 0, 2, 4));
    }

    @Test
    void askingForMoreThanThereAreGivesAllOfThem() {
        assertThat(pick(new MaxScorePicker(new PickerConfig(9)), random, 0.2, 0.7, 0.4))
                .containsExactly(1, 2, 0);
        assertThat(pick(new RandomPicker(new PickerConfig(9)), random, 0.2, 0.7, 0.4))
                .containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void weightedPicksFollowTheTotalsAndLeaveZerosOut() {
        Picker picker = new WeightedRandomPicker(new PickerConfig(1));
        int[] first = new int[4];
        for (int round = 0; round < ROUNDS; round++) {
            first[pick(picker, random, 1, 0, 3, -2)[0]]++;
        }
        assertThat(first[1] + first[3]).isZero();
        assertThat(first[0] / (double) ROUNDS).isCloseTo(0.25, within(0.01));
    }

    @Test
    void weightedPicksAreNotPutBack() {
        // P(2 first) = 3/6, then P(1 before 0) = 2/3: P(order 2 1 0) = 1/2 * 2/3 = 1/3
        Picker picker = new WeightedRandomPicker(new PickerConfig(3));
        int found = 0;
        for (int round = 0; round < ROUNDS; round++) {
            found += Arrays.equals(pick(picker, random, 1, 2, 3), new int[] {2, 1, 0}) ? 1 : 0;
        }
        assertThat(found / (double) ROUNDS).isCloseTo(1 / 3.0, within(0.01));
        assertThat(pick(picker, random, 0.5, 0, 0.1)).containsExactlyInAnyOrder(0, 2);
    }

    @Test
    void tinyTotalsAreStillWeighed() {
        Picker picker = new WeightedRandomPicker(new PickerConfig(1));
        int[] first = new int[2];
        for (int round = 0; round < ROUNDS; round++) {
            first[pick(picker, random, 1e-9, 3e-9)[0]]++;
        }
        assertThat(first[0] / (double) ROUNDS).isCloseTo(0.25, within(0.01));
    }

    @Test
    void withoutAnyWeightAllAreDrawnEvenly() {
        Picker picker = new WeightedRandomPicker(new PickerConfig(1));
        int[] first = new int[3];
        for (int round = 0; round < ROUNDS; round++) {
            first[pick(picker, random, 0, 0, 0)[0]]++;
        }
        assertEven(1 / 3.0, shares(first, 0, 1, 2));
    }

    @Test
    void zeroOrLessMeansOne() {
        assertThat(pick(new MaxScorePicker(new PickerConfig(0)), random, 0.2, 0.7))
                .containsExactly(1);
        assertThat(pick(new RandomPicker(new PickerConfig(-4)), random, 0.2, 0.7))
                .hasSize(1);
    }

    @Test
    void noCandidatesMeanNoPick() {
        assertThat(pick(new MaxScorePicker(new PickerConfig(1)), random)).isEmpty();
        assertThat(pick(new MaxScorePicker(new PickerConfig(2)), random)).isEmpty();
        assertThat(pick(new RandomPicker(new PickerConfig(1)), random)).isEmpty();
    }

    @Test
    void aTotalThatIsNotANumberNeverHidesOneThatIs() {
        assertThat(pick(new MaxScorePicker(new PickerConfig(1)), random, Double.NaN, 0.1, Double.NaN))
                .containsExactly(1);
        assertThat(pick(new MaxScorePicker(new PickerConfig(1)), random, Double.NaN))
                .containsExactly(0);
    }

    @Test
    void randomPicksAreEvenWhateverTheTotals() {
        int[] first = new int[4];
        int[] third = new int[4];
        for (int round = 0; round < ROUNDS; round++) {
            first[pick(new RandomPicker(new PickerConfig(1)), random, 9, 0, 0, 0)[0]]++;
            int[] order = pick(new RandomPicker(new PickerConfig(3)), random, 9, 0, 0, 0);
            assertThat(order).doesNotHaveDuplicates();
            third[order[2]]++;
        }
        assertEven(0.25, shares(first, 0, 1, 2, 3));
        assertEven(0.25, shares(third, 0, 1, 2, 3));
    }

    @Test
    void theSameSeedPicksTheSame() {
        Picker picker = new MaxScorePicker(new PickerConfig(2));
        int[] once = pick(picker, new SplittableRandom(7), 1, 1, 1, 1, 1, 1);
        assertThat(pick(picker, new SplittableRandom(7), 1, 1, 1, 1, 1, 1)).isEqualTo(once);
    }

    private static int[] pick(Picker picker, RandomGenerator random, double... totals) {
        int[] order = new int[totals.length];
        int count = picker.pick(new FakeRequest(10), FakeCandidates.of(totals.length), totals, order, random);
        return Arrays.copyOf(order, count);
    }

    private static void assertEven(double expected, double[] shares) {
        assertThat(shares).hasSizeGreaterThan(1);
        for (double share : shares) {
            assertThat(share).isCloseTo(expected, within(0.01));
        }
    }

    private static double[] shares(int[] counts, int... of) {
        return IntStream.of(of).mapToDouble(i -> counts[i] / (double) ROUNDS).toArray();
    }
}
