package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;

/**
 * Parameters of the pickers.
 *
 * @param maxNumOfEndpoints how many endpoints to name, best first, the later ones for retries; 0 and less mean 1
 */
public record PickerConfig(
        @Doc("Endpoints to name, best first; 0 and less mean 1.") @Default("1")
        int maxNumOfEndpoints) {
    /** How many to write when there are so many candidates. */
    int limit(int candidates) {
        return Math.min(Math.max(1, maxNumOfEndpoints), candidates);
    }
}
