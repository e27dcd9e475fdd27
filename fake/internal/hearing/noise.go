package hearing

// noise is how loud it is in a band while nobody speaks, and how much that wavers, in decibels.
type noise struct{ floor, spread float64 }

const sudden = 6. // decibels; a floor does not sink by more, but falls

// noiseOf is the noise of a recording that begins with these levels: what comes first is noise until there is something softer, unless
// it is louder than rooms are.
func noiseOf(levels [bands]float64) (n [bands]noise) {
	for b, level := range levels {
		n[b] = noise{floor: min(level, loudRoom), spread: 1}
	}
	return n
}

// follow keeps to the level of a frame that is not loud. While somebody speaks, what is louder is hardly taken for noise.
func (n *noise) follow(level float64, speaking bool) {
	const down, up, rarely = 0.1, 0.05, 0.02
	away := level - n.floor
	switch {
	case away < 0:
		n.floor += down * away
	case speaking:
		n.floor += rarely * away
		return
	default:
		n.floor += up * away
	}
	n.spread += up * (min(max(away, -away), 2*n.spread+0.5) - n.spread)
}

// edge is how much louder than the noise the beginning and the end of speech are: more than noise is by chance.
func (n *noise) edge() float64 { return min(max(chance*n.spread+0.5, leastEdge), mostEdge) }
