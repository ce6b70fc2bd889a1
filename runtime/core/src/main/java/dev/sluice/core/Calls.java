package dev.sluice.core;

/** Calls of parts outside of a decision: what they throw is counted and nobody else's loss. */
final class Calls {
    private Calls() {}

    /** Runs a part's code; errors of the machine itself, but for an overflown stack, are not caught. */
    static void run(Faults faults, String point, String name, Runnable call) {
        try {
            call.run();
        } catch (Abstained counted) {
            // Whoever threw it has counted the reason.
        } catch (Throwable fault) {
            if (fault instanceof VirtualMachineError machine && !(fault instanceof StackOverflowError)) {
                throw machine;
            }
            faults.fault(point, name, fault);
        }
    }
}
