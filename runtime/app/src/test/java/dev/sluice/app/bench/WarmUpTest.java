package dev.sluice.app.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WarmUpTest {
    private static double took(double least, double most, double... costs) throws IOException {
        List<Double> rest = new ArrayList<>();
        for (double cost : costs) {
            rest.add(cost);
        }
        return WarmUp.run(seconds -> rest.size() > 1 ? rest.removeFirst() : rest.getFirst(), least, most);
    }

    @Test
    void itEndsWhenThreePiecesInARowGainNothing() throws IOException {
        assertThat(took(0, 100, 600, 400, 200, 100, 100, 99, 98, 97, 50)).isEqualTo(35);
        assertThat(took(0, 100, 600, 400, 410, 420, 200, 198, 197, 196, 50))
                .as("it pauses, then gets cheaper again")
                .isEqualTo(40);
    }

    @Test
    void itLastsAtLeastAndAtMostSoLong() throws IOException {
        assertThat(took(30, 100, 50)).isEqualTo(30);
        assertThat(took(0, 42, 100, 90, 80, 70, 60, 50, 40, 30, 20, 10, 5)).isEqualTo(42);
        assertThat(took(15, 15, 100, 90, 80, 70)).isEqualTo(15);
    }
}
