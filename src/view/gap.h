/*
 * gap.h - matching what keys and content have not, between items that stay.
 */
#ifndef LVT_VIEW_GAP_H
#define LVT_VIEW_GAP_H

#include "view/match.h"

/* Adds pairs that stay to m, whose keys are all known. Return: 0, LVT_ENOMEM. */
int	gap_match_all(struct match *m);

#endif
