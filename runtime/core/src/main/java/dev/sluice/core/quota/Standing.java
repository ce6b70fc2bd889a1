package dev.sluice.core.quota;

/** What is left of a tenant's limits. */
public record Standing(Row requests, Row tokens) {
    /** Nothing is limited. */
    public static final Standing UNLIMITED = new Standing(Row.NONE, Row.NONE);

    /**
     * One limit.
     *
     * @param limit per minute; 0 for none
     * @param left now
     * @param untilFull until all of it is left again, ns
     */
    public record Row(long limit, long left, long untilFull) {
        static final Row NONE = new Row(0, 0, 0);
    }
}
