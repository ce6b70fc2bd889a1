package dev.sluice.core.flow;

/** What waits of one tenant, or of what stands for one, in one band. */
final class Flow {
    final String name;
    final Band band;
    final Ordering order;
    /** Of its newest ticket. */
    double weight = 1;

    int count;
    long bytes;
    /** Of all that wait, us. */
    long work;

    /** When it became one that waits; breaks ties. */
    long since;
    /** Start tag of its next ticket, in virtual us. */
    double start;
    /** Place among those that wait, by start tag. */
    int waitingPlace = -1;
    /** Place among those that don't, and owe something. */
    int owingPlace = -1;
    /** Place among those that wait, the greediest first. */
    int greedPlace = -1;

    Flow(String name, Band band, Ordering order) {
        this.name = name;
        this.band = band;
        this.order = order;
    }

    /** What it has waiting for its weight. */
    double greed() {
        return work / weight;
    }
}
