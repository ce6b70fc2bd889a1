package dev.sluice.core.prewarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;

class ArrivalForecastTest {
    private static final int HOUR = 3600;
    private static final int DAY = 24 * HOUR;
    private final ArrivalForecast forecast = new ArrivalForecast();
    private double owed;

    /** Requests come at this rate, told of once a second. */
    private void run(long from, long to, LongToDoubleFunction rate) {
        for (long second = from; second < to; second++) {
            owed += rate.applyAsDouble(second);
            long whole = (long) owed;
            owed -= whole;
            forecast.arrived(whole, second);
        }
    }

    @Test
    void whatComesEvenlyGoesOn() {
        run(0, 600, s -> 5);
        assertThat(forecast.rate()).isCloseTo(5, within(0.1));
        assertThat(forecast.rate(600, 60)).isCloseTo(5, within(0.2));
        assertThat(forecast.within(600, 60)).isCloseTo(300, within(12.0));
    }

    @Test
    void whatGrowsIsSeenToGrowOnForAWhileAndNotForEver() {
        run(0, 600, s -> s / 60.0);
        double now = forecast.rate();
        double soon = forecast.rate(600, 60);
        assertThat(soon).isGreaterThan(now + 0.5).isLessThan(11.5);
        assertThat(forecast.rate(600, 10 * HOUR)).isLessThan(now + 7);
    }

    @Test
    void whatEndsIsForgottenAndNeverNegative() {
        run(0, 600, s -> 20);
        run(600, 1200, s -> 0);
        for (int ahead = 0; ahead < HOUR; ahead += 60) {
            assertThat(forecast.rate(1200, ahead)).isBetween(0.0, 0.2);
        }
    }

    @Test
    void aDayIsLikeTheDaysBefore() {
        // Work begins at nine and ends at five.
        LongToDoubleFunction office = s -> s % DAY >= 9 * HOUR && s % DAY < 17 * HOUR ? 10 : 0.5;
        long before = 3L * DAY + 8 * HOUR + 55 * 60;
        run(0, before, office);
        assertThat(forecast.rate()).isCloseTo(0.5, within(0.2));
        assertThat(forecast.rate(before, 15 * 60)).isGreaterThan(6);
        assertThat(forecast.rate(before, 60)).isGreaterThan(0.6);
        long night = 3L * DAY + 20 * HOUR;
        run(before, night, office);
        assertThat(forecast.rate(night, 15 * 60)).isCloseTo(0.5, within(0.2));
    }

    @Test
    void onTheFirstDayThereIsOnlyTheTrend() {
        run(9 * HOUR, 10 * HOUR, s -> 4);
        assertThat(forecast.rate(10 * HOUR, 6 * HOUR)).isCloseTo(4, within(0.2));
    }

    @Test
    void aClockThatGoesBackAndAnyPauseAreBorne() {
        run(0, 600, s -> 5);
        forecast.arrived(3, 100);
        assertThat(forecast.rate()).isCloseTo(5, within(0.2));
        forecast.arrived(0, 40L * DAY);
        assertThat(forecast.rate()).isZero();
        run(40L * DAY, 40L * DAY + 600, s -> 5);
        assertThat(forecast.rate()).isCloseTo(5, within(0.2));
    }
}
