package dev.sluice.core.peers;

import java.util.Set;

/**
 * Carries bytes between the replicas of one gateway. Implemented outside of core, so that a gateway that is alone can do without. What it
 * hands over has been sealed by somebody who has the key; everything else it has dropped and counted.
 */
public interface PeerNetwork extends AutoCloseable {
    /** What comes in. Called from the network's own threads, several at once; must not wait for long. */
    interface Inbox {
        /** A message of a member. */
        void received(long from, byte[] bytes);

        /** These can be sent to now, without this one. */
        void members(Set<Long> now);

        /** Something came that was not sealed with the key, or was a second time: in a word. */
        void refused(String why);
    }

    /** This one, as others see it: drawn anew at each start. */
    long self();

    /** Begins to look for others; returns at once, and goes on to look for as long as it is open. */
    void join(Inbox inbox);

    /** Sends, or does not: nobody is told when a message is lost. Does not wait for the receiver. */
    void send(long to, byte[] bytes);

    /** Leaves. */
    @Override
    void close();
}
