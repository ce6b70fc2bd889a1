package dev.sluice.core.flow;

/**
 * One request at an engine that may be taken back: its priority is below 0. The caller may extend it with what it needs to end the
 * request. Told of with {@link FlowControl#runs}, and with {@link FlowControl#ran} when its engine has done with it.
 */
public class Running {
    final int priority;
    final String endpoint;
    /** Order of dispatch. */
    long number;

    State state = State.NEW;
    /** Once it has been chosen: until when it counts as one whose place will be seen to be free, ns. */
    long until;
    /** How long its end takes to show in the saturation, ns. */
    long grace;

    /** Where it is. */
    enum State {
        NEW,
        /** It may be chosen. */
        RUNS,
        /** It was chosen, and runs still as far as is known. */
        CHOSEN,
        /** It has ended. */
        ENDED
    }

    /**
     * A request that has been sent to an engine.
     *
     * @param endpoint id of the one that serves it
     */
    public Running(int priority, String endpoint) {
        this.priority = priority;
        this.endpoint = endpoint;
    }

    /** Its band. */
    public final int priority() {
        return priority;
    }

    /** Where it runs. */
    public final String endpoint() {
        return endpoint;
    }
}
