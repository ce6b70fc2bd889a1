package example.joules;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Where the readings come from.
 *
 * @param file lines {@code endpoint joules-per-token}; {@code #} begins a comment
 * @param every time between two looks at the file
 * @param stale age from which on the readings count no more
 */
public record JoulesConfig(
        @Doc("File with a line `endpoint joules-per-token` for each endpoint. Watched.") Path file,
        @Doc("Time between two looks at the file.") @Default("1s") Duration every,
        @Doc("Age of the file from which on its readings count no more.") @Default("10m") Duration stale) {
    public JoulesConfig {
        if (every.toMillis() < 10) {
            throw new ConfigException("every: must be 10ms or more");
        }
        if (stale.compareTo(every) < 0) {
            throw new ConfigException("stale: must not be less than every");
        }
    }
}
