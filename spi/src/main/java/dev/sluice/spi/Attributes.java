package dev.sluice.spi;

/** Where producers and extractors write. */
public interface Attributes {
    /**
     * Sets a value. NaN means unknown and is the state at the start.
     *
     * @param candidate index, 0 to size - 1
     * @param name read back by {@link Candidates#attribute}; prefix it with the plugin's id
     */
    void set(int candidate, String name, double value);
}
