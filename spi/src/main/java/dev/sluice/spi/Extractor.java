package dev.sluice.spi;

/**
 * Turns samples of an engine's metrics page into attributes of its endpoint. Asked whenever a page was read, never while a
 * request waits; what it set for one page holds until the next, and is unknown when no page came for a while. An attribute
 * that is called as {@link Signal#attribute} says takes the place of what the gateway itself read for that signal.
 */
public non-sealed interface Extractor extends Part {
    /** True when samples of this metric are wanted. Called for each sample: must be cheap. */
    boolean wants(String metric);

    /**
     * One wanted sample.
     *
     * @param labels the sample's labels as they stand between the braces, empty when there are none
     * @param out attributes of the one endpoint, index 0
     */
    void extract(String metric, String labels, double value, Attributes out);

    /** The same with the endpoint whose page it is, for those who read different engines differently. */
    default void extract(Endpoint endpoint, String metric, String labels, double value, Attributes out) {
        extract(metric, labels, value, out);
    }
}
