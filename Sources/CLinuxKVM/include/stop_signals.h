/* The signals by which people and systems end a program, as something to poll. */
#ifndef SORTIE_STOP_SIGNALS_H
#define SORTIE_STOP_SIGNALS_H

/* Blocks SIGINT, SIGTERM and SIGHUP in the calling thread and all it starts from now on, and returns a signalfd(2) on
 * which they can be read instead; -errno on failure. */
int sortie_block_stop_signals(void);

/* Undoes it in the calling thread and closes the descriptor; a signal that waits is then delivered. */
void sortie_unblock_stop_signals(int fd);

/* The number of one signal read from that descriptor without blocking; 0 if there is none. */
int sortie_read_stop_signal(int fd);

#endif
