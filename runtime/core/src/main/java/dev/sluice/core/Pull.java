package dev.sluice.core;

/**
 * A beginning of a prompt that one endpoint holds and another one, which computes the prompt, is to fetch.
 *
 * @param row of the endpoint that computes
 * @param source row of the endpoint that holds it
 * @param tokens how many are fetched: those that the other holds beyond its own, at least 1
 * @param ms predicted time to fetch them, ms
 * @param computeMs predicted time to compute them instead, ms
 */
public record Pull(int row, int source, int tokens, double ms, double computeMs) {}
