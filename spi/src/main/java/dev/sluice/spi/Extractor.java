package dev.sluice.spi;

/** Turns samples of an engine's metrics page into attributes of its endpoint. */
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
}
